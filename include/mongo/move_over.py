"""Moves the embedded MongoDB of an older version over, once: a replica set with snappy until then.

1. The replica set runs once more, applies its oplog and ends well. Its newest writes are only in
   the oplog until then, and a stand-alone server does not look there.
2. The oplog is dropped.
3. mongod copies each collection, compressed with zstd; the copy takes its place in one step.

Each step may be killed: the next start repeats it. Step 3 waits until the disk has room.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pymongo import MongoClient, WriteConcern
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from cca.errors import ServiceDown
from cca.files import replace_file
from cca.mongo import access, archive, mongod
from cca.mongo.archive import Document
from cca.ports import first_free
from cca.settings import Settings
from cca.waiting import wait_until

log = logging.getLogger(__name__)

# Not the port of the server itself: nobody may write while collections are copied.
_FIRST_PORT, _PORTS = 27517, 1000
_START_SECONDS = _STOP_SECONDS = 600
# The last that a set writes before it ends.
_MARK = "cca_moving"
# Beside a copy: its journal, and what others write meanwhile.
_SPARE_BYTES = 256 << 20
# The role under which the oplog goes.
_DROPPER = "cca.moving"
_NOT_OURS = frozenset({"admin", "config", "local"})
# Of a copy that was cut short.
_CUT_SHORT = "tmp.agg_out."


@dataclass(frozen=True)
class Layout:
    """How far a home is; `lacks_bytes` is the disk that the next copy waits for."""

    step: Literal["apply oplog", "compress", "done"]
    lacks_bytes: int = 0


def bring_up_to_date(settings: Settings) -> None:
    """Move an old home over; a home of this version costs a look at one file.

    The caller holds the lock of the start, and no server runs.

    Raises:
        ServiceDown: mongod could not do it; everything is as it was.

    """
    layout = read(settings)
    if layout.step == "done":
        return
    _end_left_over(settings)
    if layout.step == "apply oplog":
        log.warning("the archive becomes a stand-alone MongoDB; this happens once")
        _apply_oplog(settings)
        _write(settings, Layout("compress"))
    elif shutil.disk_usage(settings.mongo_dir).free < layout.lacks_bytes:
        log.warning(remark(settings))
        return
    with _serving(settings) as client:
        _drop_oplog(settings, client)
        lacking = max((_compress(settings, one) for one in _databases(client)), default=0)
    _write(settings, Layout("compress", lacking) if lacking else Layout("done"))
    # A stand-alone server has no use for the key of the set.
    (settings.mongo_dir / "keyfile").unlink(missing_ok=True)


def read(settings: Settings) -> Layout:
    """Return how far the home is; a new one has nothing to move."""
    path = _path(settings)
    if not path.exists():
        if (mongod.data_dir(settings) / "WiredTiger").exists():
            return Layout("apply oplog")
        settings.mongo_dir.mkdir(parents=True, exist_ok=True)
        _write(settings, Layout("done"))
    return Layout(**json.loads(path.read_text()))


def remark(settings: Settings) -> str:
    """Return what keeps an old home from its smaller form, empty if nothing does."""
    path = _path(settings)
    lacks = Layout(**json.loads(path.read_text())).lacks_bytes if path.exists() else 0
    if not lacks:
        return ""
    return (
        f"the archive is still compressed with snappy: {lacks / 2**30:,.1f} GiB free at "
        f"{settings.mongo_dir} let the next start of MongoDB halve it"
    )


def _path(settings: Settings) -> Path:
    return settings.mongo_dir / "layout.json"


def _write(settings: Settings, layout: Layout) -> None:
    replace_file(_path(settings), json.dumps(asdict(layout)))


def _apply_oplog(settings: Settings) -> None:
    """Run the replica set once more and end it well: then its files hold what its oplog holds."""
    options = ("--replSet", "rs0", "--keyFile", str(settings.mongo_dir / "keyfile"))
    with _running(settings, *options) as (process, port):

        def is_applied() -> bool:
            with suppress(PyMongoError):
                return _is_applied(settings, port)
            return process.poll() is not None

        _await(settings, is_applied)


def _is_applied(settings: Settings, port: int) -> bool:
    """Return whether everything in the oplog is applied; the last of it is a mark of ours."""
    try:
        with archive.connect(access.uri(settings, port), timeout_ms=500) as client:
            config = client.admin.command("replSetGetConfig")["config"]
            address = f"127.0.0.1:{port}"
            if config["members"][0]["host"] != address:
                # A set whose port moved does not know itself.
                config["members"][0]["host"] = address
                config["version"] += 1
                client.admin.command("replSetReconfig", config, force=True)
            if not client.admin.command("hello")["isWritablePrimary"]:
                return False
            durable = WriteConcern("majority", j=True)
            client[_MARK].get_collection("mark", write_concern=durable).insert_one({})
            return True
    except OperationFailure as error:
        if error.code != access.AUTHENTICATION_FAILED:
            raise
    return _holds_nothing(settings, port)


def _holds_nothing(settings: Settings, port: int) -> bool:
    """Return whether the first start was cut short before there was a set, and so any entry."""
    with archive.connect(f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
        if client.admin.command("hello").get("isreplicaset"):
            return True
    # Or cut short before there was a user: that one is made now.
    access.is_ready(settings, port)
    return False


@contextmanager
def _serving(settings: Settings) -> Iterator[MongoClient[Document]]:
    with _running(settings) as (process, port):

        def is_ready() -> bool:
            with suppress(PyMongoError):
                return access.is_ready(settings, port)
            return process.poll() is not None

        _await(settings, is_ready)
        with archive.connect(access.uri(settings, port)) as client:
            yield client


@contextmanager
def _running(settings: Settings, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run mongod where nobody looks for it; it must end well."""
    port = first_free(_FIRST_PORT + os.getpid() % _PORTS)
    process = mongod.start(settings, port, *options)
    pid_path = _pid_path(settings)
    replace_file(pid_path, str(process.pid))
    try:
        yield process, port
    except PyMongoError as error:
        raise ServiceDown(_failed(settings)) from error
    finally:
        process.terminate()
        code = process.wait(_STOP_SECONDS)
        pid_path.unlink()
    if code:
        raise ServiceDown(_failed(settings))


def _await(settings: Settings, is_up: Callable[[], bool]) -> None:
    if not wait_until(is_up, _START_SECONDS):
        raise ServiceDown(_failed(settings))


def _failed(settings: Settings) -> str:
    return (
        f"mongod could not bring {mongod.data_dir(settings)} up to date; nothing is lost, the next "
        f"start tries again. Its log says why: {mongod.log_path(settings)}"
    )


def _pid_path(settings: Settings) -> Path:
    return settings.mongo_dir / "moving.pid"


def pid_of_move(settings: Settings) -> int | None:
    """Return the pid of the server of a move, which ends soon; None where nothing is moved."""
    with suppress(FileNotFoundError, ValueError):
        return int(_pid_path(settings).read_text())
    return None


def _end_left_over(settings: Settings) -> None:
    """End the server of a move that was killed: it may need a moment."""
    pid = pid_of_move(settings)
    if pid is not None and mongod.is_running(pid):
        mongod.tell(pid, signal.SIGTERM)
        wait_until(lambda: not mongod.is_running(pid), _STOP_SECONDS)


def _drop_oplog(settings: Settings, client: MongoClient[Document]) -> None:
    """Drop what only a replica set needs; the role `root` may not, so it gets the right to."""
    found = set(client["local"].list_collection_names())
    if "oplog.rs" in found and client[_MARK]["mark"].find_one() is None:
        # The newest writes are missing too: the set must apply them.
        raise ServiceDown(_failed(settings))
    if found - {"startup_log"}:
        _grant(client)
        client.drop_database("local")
    client.drop_database(_MARK)
    with suppress(OperationFailure):
        client.admin.command("dropRole", _DROPPER)


def _grant(client: MongoClient[Document]) -> None:
    right = {"resource": {"db": "local", "collection": ""}, "actions": ["dropDatabase"]}
    with suppress(OperationFailure):
        client.admin.command("createRole", _DROPPER, privileges=[right], roles=[])
    client.admin.command("grantRolesToUser", access.USER, roles=[_DROPPER])


def _databases(client: MongoClient[Document]) -> list[Database[Document]]:
    return [client[name] for name in client.list_database_names() if name not in _NOT_OURS]


def _compress(settings: Settings, database: Database[Document]) -> int:
    """Copy the collections that are not compressed with zstd; the most bytes that one lacks."""
    lacking = 0
    for found in list(database.list_collections()):
        name = found["name"]
        if name.startswith(_CUT_SHORT):
            database.drop_collection(name)
            continue
        if found["type"] != "collection" or name.startswith("system."):
            continue
        stats = database.command("collStats", name)
        if "block_compressor=zstd" in stats["wiredTiger"]["creationString"]:
            continue
        needed = _bytes_of(stats) + _SPARE_BYTES
        if shutil.disk_usage(settings.mongo_dir).free < needed:
            lacking = max(lacking, needed)
            continue
        log.warning("compressing %s: %.0f MB", name, _bytes_of(stats) / 1e6)
        # The server makes the copy with its indexes and renames it: all of it or nothing.
        database[name].aggregate([{"$out": name}])
    return lacking


def _bytes_of(stats: dict[str, Any]) -> int:
    return int(stats["storageSize"] + stats["totalIndexSize"])
