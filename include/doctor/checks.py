"""Settings, disk, versions, ports and connections, each looked at on its own."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from cca import ports
from cca.doctor.check import Check
from cca.errors import CcaError, SettingError
from cca.extras import AIRFLOW
from cca.follow.state import follower_state
from cca.gold.freshness import freshness
from cca.lake import manifest
from cca.locks import holder
from cca.mongo import archive, mongod, move_over, server
from cca.prices.overrides import check_overrides
from cca.publish.metabase import Metabase, find_database
from cca.publish.metabase_key import known_key
from cca.settings import Settings
from cca.stack import containers, kind, readiness, supervisor
from cca.stack.programs import parts
from cca.timetable import lock_path

_OLDEST_PYTHON = (3, 11)
# Below it MongoDB stops taking documents and dbt cannot write its temporary files.
_LEAST_FREE_BYTES = 1 * 2**30
_LITTLE_FREE_BYTES = 5 * 2**30
_PACKAGES = ("duckdb", "dbt-duckdb", "pyarrow", "pyiceberg", "pymongo", "tantivy")
_PORTS = {
    "browser": ("browser_host", "browser_port"),
    "airflow": (None, "airflow_port"),
    "sync": ("health_host", "health_port"),
}


def all_checks(settings: Settings) -> Iterator[Check]:
    """Every check, in the order data passes; one that breaks is a finding too."""
    looks: tuple[Callable[[Settings], Iterator[Check]], ...] = (
        _versions, _folders, _prices, _disk, _stack, _ports, _mongo, _agent, _follower, _lake,
        _gold, _metabase,
    )  # fmt: skip
    for look in looks:
        try:
            yield from look(settings)
        except (CcaError, OSError) as error:
            yield Check(look.__name__.strip("_"), "fail", str(error))


def _versions(_settings: Settings) -> Iterator[Check]:
    running = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < _OLDEST_PYTHON:
        yield Check("python", "fail", running, "install Python 3.11 or newer, then `make install`")
    else:
        yield Check("python", "ok", running)
    found, missing = [], []
    extra = ("apache-airflow",) if AIRFLOW.is_installed() else ()
    for name in (*_PACKAGES, *extra):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Check("packages", "fail", f"not installed: {', '.join(missing)}", "`make install`")
    else:
        yield Check("packages", "ok", ", ".join(found))


def _folders(settings: Settings) -> Iterator[Check]:
    home = settings.cca_home
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
    if os.access(home, os.W_OK | os.X_OK):
        yield Check("CCA_HOME", "ok", str(home))
    else:
        yield Check("CCA_HOME", "fail", f"{home} cannot be written", "change its owner or CCA_HOME")
    try:
        settings.require_usable_paths()
    except SettingError as error:
        yield Check("warehouse", "fail", str(error), "move the folder, or set DUCKDB_PATH")
    for sentence in settings.claude_dir_remarks:
        yield Check("CLAUDE_DIR", "warn", sentence, "set CLAUDE_DIR to the folder that is read")
    for folder in settings.claude_dirs:
        if not folder.is_dir() and containers.is_container(settings):
            yield _unseen("CLAUDE_DIR", "the transcripts")
        elif not folder.is_dir():
            yield Check(
                "CLAUDE_DIR", "warn", f"{folder} does not exist",
                "run Claude Code once, or set CLAUDE_DIR to the folder of its transcripts",
            )  # fmt: skip
        elif not os.access(folder, os.R_OK | os.X_OK):
            yield Check("CLAUDE_DIR", "fail", f"{folder} cannot be read", "change its permissions")
        else:
            projects = sum(path.is_dir() for path in folder.iterdir())
            yield Check("CLAUDE_DIR", "ok", f"{folder}: {projects} projects")


def _prices(settings: Settings) -> Iterator[Check]:
    """The user's own prices, where they are set; a mistake in them stops the pipeline."""
    path = settings.prices_file
    if path and containers.is_container(settings) and not path.exists():
        yield _unseen("PRICES_FILE", str(path))
    elif path:
        try:
            yield Check("PRICES_FILE", "ok", f"{path}: {check_overrides(path)} prices")
        except SettingError as error:
            fix = "docs/tokens-and-cost.md tells what it holds"
            yield Check("PRICES_FILE", "fail", str(error).removeprefix("PRICES_FILE: "), fix)


def _unseen(name: str, what: str) -> Check:
    """What another container has."""
    return Check(
        name,
        "unknown",
        f"{what} cannot be seen from this container",
        f"`{containers.TOOLS} doctor`",
    )


def _disk(settings: Settings) -> Iterator[Check]:
    for name, folder in {"disk": settings.cca_home, "DUCKDB_PATH": settings.warehouse_path}.items():
        there = next(one for one in (folder, *folder.parents) if one.exists())
        free = shutil.disk_usage(there).free
        status = (
            "fail" if free < _LEAST_FREE_BYTES else "warn" if free < _LITTLE_FREE_BYTES else "ok"
        )
        fix = "" if status == "ok" else f"free space at {there}, or move CCA_HOME"
        yield Check(name, status, f"{free / 2**30:,.1f} GiB free at {there}", fix)  # type: ignore[arg-type]


def _stack(settings: Settings) -> Iterator[Check]:
    """Who runs the pipeline at its times, and with which code."""
    if supervisor.is_up(settings) and not supervisor.has_this_code(settings):
        yield Check("stack", "warn", "runs the code from before an upgrade", "`cca up` restarts it")
    if not kind.is_light(settings):
        return
    if holder(lock_path(settings)) is None:
        detail = "light, but its scheduler does not run: nothing is published by itself"
        yield Check("stack", "warn", detail, "`cca up --light`")
    else:
        yield Check("stack", "ok", "light: its scheduler runs the pipeline and the upkeep")


def _ports(settings: Settings) -> Iterator[Check]:
    if containers.is_container(settings):
        # each container has ports of its own, and Docker publishes them
        return
    running = {part.name: readiness.answers(settings, part) for part in parts(settings)}
    for part, (host_name, port_name) in _PORTS.items():
        if part not in running:
            # The light stack has no Airflow.
            continue
        host = getattr(settings, host_name) if host_name else "127.0.0.1"
        port = getattr(settings, port_name)
        if running.get(part):
            yield Check(f"port {port}", "ok", f"{part} answers")
        elif ports.is_free(host, port):
            yield Check(f"port {port}", "ok", f"free for {part}")
        else:
            yield Check(
                f"port {port}", "warn", f"taken by another program, wanted for {part}",
                f"stop that program, or set {port_name.upper()}",
            )  # fmt: skip


def _mongo(settings: Settings) -> Iterator[Check]:
    uri = settings.mongo_uri or server.running_uri(settings)
    if uri is None:
        binary = mongod.find_binary()
        yield Check("MongoDB", "ok", f"not running; cca starts its own ({binary.name}) when needed")
        return
    with archive.connect(uri) as client:
        archive.require(client, uri)
        version = client.server_info()["version"]
        found = archive.conversations(client, settings).estimated_document_count()
        hello = client.admin.command("hello")
    # A router of a sharded cluster says so in `msg`.
    is_router = hello.get("msg") == "isdbgrid"
    kind = "sharded" if is_router else "replica set" if "setName" in hello else "stand-alone"
    yield Check("MongoDB", "ok", f"{version}, {kind}, {found:,} documents")
    if not settings.mongo_uri and (sentence := move_over.remark(settings)):
        yield Check("MongoDB's disk", "warn", sentence, "free space, then restart MongoDB")


def _agent(settings: Settings) -> Iterator[Check]:
    health = readiness.agent_health(settings)
    if health is None and containers.is_container(settings):
        yield Check(
            "sync agent", "unknown", "does not answer over the network", "`docker compose ps sync`"
        )
        return
    if health is None:
        yield Check("sync agent", "warn", "not running", "`cca up`, or `cca sync --once`")
        return
    letters, pending = health.get("deadLetters", 0), health.get("pending", 0)
    if letters:
        yield Check("sync agent", "warn", f"{letters} dead letters", "`cca dead-letters list`")
    else:
        yield Check("sync agent", "ok", f"{health.get('status')}, {pending} pending")


def _follower(settings: Settings) -> Iterator[Check]:
    uri = settings.mongo_uri or server.running_uri(settings)
    if uri is None:
        return
    with archive.connect(uri) as client:
        archive.require(client, uri)
        state = follower_state(settings, archive.conversations(client, settings))
    start = "`cca up`, or `cca follow`"
    if state is None:
        yield Check("search and lists", "warn", "there is no search index yet", start)
    elif state.is_running:
        yield Check("search and lists", "ok", f"running, {state.waiting:,} entries to read")
    else:
        missing = f"; {state.waiting:,} entries are missing" if state.waiting else ""
        yield Check("search and lists", "warn", f"the follower is not running{missing}", start)


def _lake(settings: Settings) -> Iterator[Check]:
    if not containers.is_here(settings, settings.lake_dir):
        yield _unseen("lake", "the lake")
        return
    chosen = settings.storage_format
    if chosen == "iceberg":
        from cca.lake import snapshots  # noqa: PLC0415  (takes a second)

        tables = snapshots.info(settings)
        rows = ", ".join(f"{one.table} {one.rows:,} rows" for one in tables)
        yield Check("lake", "ok", f"iceberg: {rows or 'no tables yet'}")
        return
    state = manifest.read(settings, chosen)
    gone = [file.path for file in state.files if not (settings.lake_dir / file.path).exists()]
    if gone:
        detail = f"{len(gone)} files of the manifest are missing, first {gone[0]}"
        yield Check("lake", "fail", detail, "`cca rebuild lake`")
    else:
        rows_held = sum(file.rows for file in state.files)
        yield Check("lake", "ok", f"{chosen}: {len(state.files)} files, {rows_held:,} rows")


def _gold(settings: Settings) -> Iterator[Check]:
    if not containers.is_here(settings, settings.gold_path.parent):
        yield _unseen("gold", "gold")
        return
    if not settings.gold_path.exists():
        yield Check("gold", "warn", "nothing published yet", "`cca pipeline`")
        return
    target = Path(settings.gold_path).resolve()
    if not target.exists():
        yield Check("gold", "fail", f"{target} is gone", "`cca rebuild warehouse`")
    elif freshness(settings).is_behind:
        yield Check("gold", "warn", f"{target.name} is older than the archive", "`cca pipeline`")
    else:
        yield Check("gold", "ok", target.name)


def _metabase(settings: Settings) -> Iterator[Check]:
    """Only where it was provisioned: most have none."""
    if not known_key(settings):
        return
    fix = "`cca metabase provision`"
    with Metabase(settings.metabase_url, timeout_seconds=10) as metabase:
        metabase.use_key(known_key(settings))
        database = find_database(metabase)
    if database is None:
        yield Check("Metabase", "warn", f"{settings.metabase_url} lacks our database", fix)
        return
    shown = Path(str((database.get("details") or {}).get("database_file"))).name
    newest = settings.gold_path.resolve().name
    if shown == newest:
        yield Check("Metabase", "ok", f"{settings.metabase_url} reads {shown}")
    else:
        yield Check("Metabase", "warn", f"it reads {shown}, the newest is {newest}", fix)
