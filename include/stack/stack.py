"""Brings the embedded stack up part by part, and takes it down so that nothing stays behind."""

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from cca import ports
from cca.errors import CcaError
from cca.locks import held, holder
from cca.mongo import mongod, server
from cca.settings import Settings
from cca.stack import airflow, kind, postgres, processes, readiness, run_folder, supervisor
from cca.stack.kind import StackKind
from cca.stack.programs import Part, parts
from cca.waiting import wait_until

# A machine under load takes minutes where an idle one takes 15 s.
_READY_SECONDS = 600
_POLL_SECONDS = 0.25
# A fifth of the usual: the server's memory stays small whatever was read, for a quarter more CPU.
_LIGHT_CACHE_GB = 0.1
# After this many starts a part that does not answer is reported; its retries go on.
_STARTS = 3
# They are stopped last, for the others' last write
_DATABASES = frozenset({"mongod", postgres.PROGRAM})


class Kind(StrEnum):
    """What a message tells: work going on, a part that answers, a remark, something wrong."""

    WORKING = "working"
    READY = "ready"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Message:
    """One line for whoever started the stack."""

    kind: Kind
    text: str


Say = Callable[[Message], None]


def stack_environment(settings: Settings) -> dict[str, str]:
    """What every process of the stack is started with: the same settings from any folder."""
    own = settings.as_environment()
    if not kind.is_light(settings):
        return own | airflow.airflow_environment(settings)
    return own | {"MONGO_CACHE_GB": str(settings.mongo_cache_gb or _LIGHT_CACHE_GB)}


def bring_up(
    settings: Settings, wanted: Collection[str], say: Say, chosen: StackKind | None = None
) -> set[str]:
    """Start what is missing of the wanted parts; returns the names of those that answer.

    Another kind of stack than the last one replaces it; without a choice the kind stays.
    """
    with _one_at_a_time(settings, say):
        if chosen:
            kind.choose(settings, chosen)
        _ensure_tables(settings, say)
        _ensure_supervisor(settings, say)
        named = [part for part in parts(settings) if part.name in wanted]
        missing = [part for part in named if not readiness.is_running(settings, part)]
        startable = [part for part in missing if _can_start(settings, part, say)]
        ready = _start(settings, startable, say)
        left = [part for part in named if part in startable or part not in missing]
        return ready | _wait_until_ready(settings, [p for p in left if p.name not in ready], say)


def take_down(settings: Settings, say: Say) -> int:
    """Stop everything, the databases last; returns how many processes there were."""
    before = processes.ours(settings)
    if supervisor.is_up(settings):
        say(Message(Kind.WORKING, "stopping"))
        _stop_programs(settings, set(_running(settings)) - _DATABASES)
        _stop_programs(settings, _DATABASES)
        supervisor.shutdown(settings)
        wait_until(lambda: not supervisor.is_up(settings), 10)
    _end_leftovers(settings)
    supervisor.socket_path(settings).unlink(missing_ok=True)
    run_folder.leave(settings)
    return len(before)


def _ensure_tables(settings: Settings, say: Say) -> None:
    # Whatever is wanted: the address of Airflow's tables is in every program's environment
    if not kind.is_light(settings) and (remark := postgres.ensure(settings)):
        say(Message(Kind.NOTE, remark))


def _ensure_supervisor(settings: Settings, say: Say) -> None:
    environment = stack_environment(settings)
    programs = [program for part in parts(settings) for program in part.programs]
    if supervisor.is_up(settings):
        why = ""
        if not supervisor.has_this_code(settings):
            why = "the code of cca changed"
        elif not supervisor.is_started_with(settings, programs, environment):
            why = "settings changed or another stack was chosen"
        if not why:
            return
        say(Message(Kind.NOTE, f"{why} since the start: restarting"))
        take_down(settings, say)
    elif orphans := processes.ours(settings):
        text = f"ending {len(orphans)} processes of a stack whose supervisor died"
        say(Message(Kind.NOTE, text))
        _end_leftovers(settings)
    supervisor.start(settings, programs, environment)


def _can_start(settings: Settings, part: Part, say: Say) -> bool:
    try:
        if part.name == "mongo":
            mongod.find_binary()
        elif part.port and not _partly_running(settings, part):
            host, number = part.port.host, part.port.number
            ports.require_free(host, number, setting=part.port.setting, server=part.title)
    except CcaError as error:
        say(Message(Kind.PROBLEM, str(error)))
        return False
    return True


def _partly_running(settings: Settings, part: Part) -> bool:
    """Tells whether its port may be held by a process of its own that still runs."""
    return any(program.name in _running(settings) for program in part.programs)


def _start(settings: Settings, startable: list[Part], say: Say) -> set[str]:
    """MongoDB first, Airflow's tables meanwhile, then whoever needs them; returns who answers."""
    by_name = {part.name: part for part in startable}
    ready: set[str] = set()
    with ThreadPoolExecutor(1) as pool:
        prepared: Future[None] | None = None
        if "airflow" in by_name:
            prepared = pool.submit(_prepare_airflow, settings)
        if "mongo" in by_name:
            _start_programs(settings, by_name["mongo"])
            ready = _wait_until_ready(settings, [by_name["mongo"]], say)
            startable.remove(by_name["mongo"])
        for name in ("sync", "follow", "schedule", "browser"):
            if name in by_name:
                _start_programs(settings, by_name[name])
        if prepared:
            say(Message(Kind.WORKING, "preparing Airflow and dbt"))
            try:
                prepared.result()
            except CcaError as error:
                startable.remove(by_name["airflow"])
                say(Message(Kind.PROBLEM, str(error)))
            else:
                _start_programs(settings, by_name["airflow"])
    return ready


def _prepare_airflow(settings: Settings) -> None:
    if postgres.is_used(settings):
        postgres.forget_dead_server(settings)
        supervisor.start_program(settings, postgres.PROGRAM)
        postgres.require(settings)
    airflow.prepare(settings)


def _start_programs(settings: Settings, part: Part) -> None:
    for program in part.programs:
        supervisor.start_program(settings, program.name)


def _wait_until_ready(settings: Settings, waiting: list[Part], say: Say) -> set[str]:
    started, pending = time.monotonic(), list(waiting)
    starts: dict[str, set[int]] = {part.name: set() for part in waiting}
    while pending and time.monotonic() - started < _READY_SECONDS:
        say(Message(Kind.WORKING, "waiting for " + ", ".join(part.title for part in pending)))
        for part in list(pending):
            if readiness.answers(settings, part):
                pending.remove(part)
                say(Message(Kind.READY, _ready_text(settings, part)))
                continue
            starts[part.name] |= readiness.start_times(settings, part)
            is_flapping = len(starts[part.name]) > _STARTS * len(part.programs)
            if reason := readiness.failure(settings, part, is_flapping=is_flapping):
                pending.remove(part)
                waiting.remove(part)
                say(Message(Kind.PROBLEM, reason))
        time.sleep(_POLL_SECONDS if pending else 0)
    for part in pending:
        text = (
            f"{part.title} does not answer after {_READY_SECONDS} s; see `cca logs {part.name}`, "
            "and run `cca up` again: it goes on from here"
        )
        say(Message(Kind.PROBLEM, text))
    return {part.name for part in waiting} - {part.name for part in pending}


def _ready_text(settings: Settings, part: Part) -> str:
    if part.name != "mongo":
        return f"{part.title}  {part.url}" if part.url else part.title
    port = urlsplit(server.running_uri(settings) or "").port
    moved = (
        f" ({server.FIRST_PORT} is taken by another server)" if port != server.FIRST_PORT else ""
    )
    return f"{part.title}  localhost:{port}{moved}"


def _running(settings: Settings) -> list[str]:
    known = supervisor.processes(settings)
    stopped = {"STOPPED", "EXITED", "FATAL"}
    return [name for name, each in known.items() if each["statename"] not in stopped]


def _stop_programs(settings: Settings, names: Collection[str]) -> None:
    for name in set(names) & set(_running(settings)):
        supervisor.stop_program(settings, name)
    # Supervisord itself kills what does not end within its stop_seconds.
    wait_until(lambda: not set(names) & set(_running(settings)), 60)


def _end_leftovers(settings: Settings) -> None:
    left = processes.ours(settings)
    # The supervisor first, or it restarts what is ended.
    daemons = [each for each in left if processes.runs(each, supervisor.LAUNCHER)]
    databases = [each for each in left if processes.runs(each, *_DATABASES, "mongo")]
    processes.end(daemons, 5)
    processes.end([each for each in left if each not in daemons + databases], 15)
    processes.end([each for each in databases if each not in daemons], 40)
    processes.end(processes.ours(settings), 5)


@contextmanager
def _one_at_a_time(settings: Settings, say: Say) -> Iterator[None]:
    path = run_folder.run_dir(settings) / "up.lock"
    if holder(path) is not None:
        say(Message(Kind.NOTE, "another `cca up` is at work: waiting for it"))
    with held(path):
        yield
