"""The embedded MongoDB: a stand-alone server with a password, on loopback, in CCA_HOME.

A command that finds none running starts one for its own duration (`transient`); the last
user to leave stops it. Users hold a shared lock, so nobody's server is stopped under them.
"""

import errno
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pymongo.errors import PyMongoError

from cca.errors import AlreadyRunning, ServiceDown
from cca.files import replace_file
from cca.locks import Taken, claimed, held
from cca.mongo import access, archive, mongod, move_over
from cca.ports import first_free
from cca.settings import Settings
from cca.waiting import wait_until

FIRST_PORT = 27017
NO_SERVER_ON_WINDOWS = (
    "cca runs no MongoDB of its own on Windows: set MONGO_URI to a server, such as one in WSL or "
    "Docker, or use cca inside WSL (docs/platforms.md)"
)
_START_SECONDS = 60
# A server that was ready and says nothing for so long hangs: stopped, or its disk.
_ANSWER_SECONDS = 15
# Files of its journal take 16 MB each, and it makes the next one in advance.
_ROOM = 64 << 20


@dataclass(frozen=True)
class Running:
    """A mongod of ours: its process, its port, whether its last user stops it, if it was ready."""

    pid: int
    port: int
    transient: bool
    was_ready: bool = False


def running_uri(settings: Settings) -> str | None:
    """Connection string of the running embedded server, or None."""
    running = _running(settings)
    return access.uri(settings, running.port) if running else None


@contextmanager
def serving_mongo(settings: Settings) -> Iterator[str]:
    """Yield a connection string: MONGO_URI, the running embedded server, or one started for us."""
    if settings.mongo_uri:
        yield settings.mongo_uri
        return
    if sys.platform == "win32":
        raise ServiceDown(NO_SERVER_ON_WINDOWS)
    try:
        with held(settings.mongo_dir / "users.lock", is_shared=True):
            with held(settings.mongo_dir / "start.lock"):
                running = _adopted(settings) or _start(settings, transient=True)
            yield access.uri(settings, running.port)
    finally:
        _stop_if_last(settings)


def serve(settings: Settings) -> int:
    """Run the embedded server in the foreground until SIGTERM; returns its exit code."""
    with held(settings.mongo_dir / "start.lock"):
        _retire_transient(settings)
        running = _start(settings, transient=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: mongod.tell(running.pid, signal.SIGTERM))
    _, status = os.waitpid(running.pid, 0)
    _state_path(settings).unlink(missing_ok=True)
    return os.waitstatus_to_exitcode(status)


def stop(settings: Settings, timeout_seconds: float = 30) -> bool:
    """Stop the embedded server, if it runs; True when it did."""
    running = _recorded(settings)
    if running is None or not mongod.is_running(running.pid):
        return False
    mongod.tell(running.pid, signal.SIGTERM)
    if not wait_until(lambda: not mongod.is_running(running.pid), timeout_seconds):
        mongod.tell(running.pid, signal.SIGKILL)
    _state_path(settings).unlink(missing_ok=True)
    return True


def _start(settings: Settings, *, transient: bool) -> Running:
    move_over.bring_up_to_date(settings)
    # One start at a time among all homes: two that probe one port would set up each other's server.
    with held(Path(tempfile.gettempdir()) / f"cca-mongod-{os.getuid()}.lock"):
        port, log_end = _usual_port(settings), _log_size(settings)
        try:
            return _start_on(settings, port, transient=transient)
        except ServiceDown:
            # Another program took the port between the look and the start; it may be gone by now,
            # such as the server of a command that was killed.
            if not _found_its_port_taken(settings, log_end):
                raise
            return _start_on(settings, first_free(port + 1), transient=transient)


def _start_on(settings: Settings, port: int, *, transient: bool) -> Running:
    process = mongod.start(settings, port, outlives_us=transient)
    running = Running(process.pid, port, transient)
    # At once: if this command is killed now, the next one must find the server.
    _write_state(settings, running)
    try:
        # Not by its command line: while the kernel loads the program, it has none.
        _await_ready(settings, running, lambda: process.poll() is None)
    except BaseException as error:
        process.kill()
        process.wait()
        _state_path(settings).unlink(missing_ok=True)
        # The server of a command that was killed may have had our data a moment earlier.
        if isinstance(error, ServiceDown) and (other := _adopted(settings)):
            return other
        raise
    return _noted_ready(settings, running)


def _noted_ready(settings: Settings, running: Running) -> Running:
    ready = replace(running, was_ready=True)
    if ready != _written(settings):
        _write_state(settings, ready)
    return ready


def _await_ready(settings: Settings, running: Running, is_alive: Callable[[], bool]) -> None:
    """Wait until it takes writes, for as long as its process lives."""
    log_path = mongod.log_path(settings)
    seconds = _ANSWER_SECONDS if running.was_ready else _START_SECONDS
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive():
            raise ServiceDown(f"mongod ended by itself{_full(settings)}; see the end of {log_path}")
        with suppress(PyMongoError):
            if access.is_ready(settings, running.port):
                return
        time.sleep(0.05)
    if running.was_ready:
        raise ServiceDown(
            f"MongoDB runs (process {running.pid}) and has not answered for {seconds} s: it was "
            f"stopped, or its disk hangs; see {log_path}. `kill -CONT {running.pid}` lets a "
            "stopped one go on, `cca down` and `cca up` start it again"
        )
    raise ServiceDown(f"mongod did not become ready in {seconds} s; see {log_path}")


def _log_size(settings: Settings) -> int:
    path = mongod.log_path(settings)
    return path.stat().st_size if path.exists() else 0


def _found_its_port_taken(settings: Settings, log_end: int) -> bool:
    """Return whether mongod said so since its log was that long."""
    path = mongod.log_path(settings)
    if not path.exists():
        return False
    with path.open("rb") as log:
        log.seek(log_end)
        return os.strerror(errno.EADDRINUSE).encode() in log.read()


def _full(settings: Settings) -> str:
    """Say that the disk is full, where mongod has no room for its journal."""
    free = shutil.disk_usage(settings.mongo_dir).free
    return f": only {free >> 20} MiB are free at {settings.mongo_dir}" if free < _ROOM else ""


def _state_path(settings: Settings) -> Path:
    return settings.mongo_dir / "running.json"


def _write_state(settings: Settings, running: Running) -> None:
    replace_file(_state_path(settings), json.dumps(asdict(running)))
    (settings.mongo_dir / "port").write_text(str(running.port))


def _written(settings: Settings) -> Running | None:
    try:
        values = json.loads(_state_path(settings).read_text())
        return Running(
            int(values["pid"]), int(values["port"]), bool(values["transient"]),
            was_ready=bool(values.get("was_ready")),
        )  # fmt: skip
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def _recorded(settings: Settings) -> Running | None:
    """The server on record, else one whose starter was killed before it could write that."""
    recorded = _written(settings)
    if recorded and mongod.is_running(recorded.pid):
        return recorded
    found = mongod.holder(settings)
    if found and found[0] != move_over.pid_of_move(settings):
        return Running(*found, transient=mongod.is_of_its_own_session(found[0]))
    return recorded


def _running(settings: Settings) -> Running | None:
    running = _recorded(settings)
    if running is None or not mongod.is_running(running.pid):
        return None
    with archive.connect(access.uri(settings, running.port)) as client:
        try:
            client.admin.command("ping")
        except PyMongoError:
            return None
    return running


def _adopted(settings: Settings) -> Running | None:
    """The recorded server, set up to its end where the command that started it was killed."""
    running = _recorded(settings)
    if running is None or not mongod.is_running(running.pid):
        return None
    _await_ready(settings, running, lambda: mongod.is_running(running.pid))
    return _noted_ready(settings, running)


def _stop_if_last(settings: Settings) -> None:
    running = _recorded(settings)
    if running is None or not running.transient:
        return
    with suppress(Taken), claimed(settings.mongo_dir / "users.lock"):
        stop(settings)


def _retire_transient(settings: Settings) -> None:
    """Wait for the users of a transient server and stop it; refuse beside a lasting one."""
    running = _adopted(settings)
    if running is None:
        return
    if not running.transient:
        message = f"the embedded MongoDB already runs on port {running.port} (pid {running.pid})"
        raise AlreadyRunning(message)
    with held(settings.mongo_dir / "users.lock"):
        stop(settings)


def _usual_port(settings: Settings) -> int:
    """The port of last time where it is free: who lost the server comes back to that."""
    with suppress(FileNotFoundError, ValueError):
        last = int((settings.mongo_dir / "port").read_text())
        if first_free(last) == last:
            return last
    return first_free(FIRST_PORT)
