"""A home whose MongoDB was a replica set with snappy: it moves over whole, killed at any moment."""

import random
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from gridfs import GridFSBucket
from pymongo import MongoClient

from cca.mongo import access, archive, mongod, move_over, server
from cca.settings import Settings
from cca.sync_agent.deliver import ensure_indexes
from tests.helpers import eventually, free_port

RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
DOCUMENTS = 20_000
MOVE = """
import sys
from cca.mongo.move_over import bring_up_to_date
from cca.settings import Settings
bring_up_to_date(Settings.model_validate_json(sys.argv[1]))
"""
Usage = namedtuple("Usage", ["free"])  # noqa: PYI024  (as shutil has it)

# Of every collection: its documents, byte by byte, and its indexes.
Content = dict[str, tuple[list[bytes], Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Content]:
    """An old home that was killed right after its last write, and what it held."""
    home = Settings(cca_home=tmp_path_factory.mktemp("old"), mongo_uri="", _env_file=None)
    mongod.data_dir(home).mkdir(parents=True)
    keyfile = home.mongo_dir / "keyfile"
    keyfile.write_text("0123456789abcdef" * 4)
    keyfile.chmod(0o600)
    with old_server(home) as (process, uri), archive.connect(uri) as client:
        fill(client, home)
        content = content_of(client)
        process.kill()
    return home.cca_home, content


@pytest.fixture
def home(made: tuple[Path, Content], tmp_path: Path) -> Settings:
    shutil.copytree(made[0], tmp_path / "home", copy_function=shutil.copy2)
    return Settings(cca_home=tmp_path / "home", mongo_uri="", _env_file=None)


@contextmanager
def old_server(home: Settings) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The server as older versions started it."""
    port = free_port()
    command = [
        *(str(mongod.find_binary()), "--dbpath", str(mongod.data_dir(home)), "--port", str(port)),
        *("--replSet", "rs0", "--keyFile", str(home.mongo_dir / "keyfile"), "--nounixsocket"),
        *("--oplogSize", "256", "--wiredTigerCacheSizeGB", "0.5"),
        # No checkpoint by itself.
        *("--syncdelay", "600"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with MongoClient[Any](f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
            member = {"_id": 0, "host": f"127.0.0.1:{port}"}
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
            eventually(lambda: client.admin.command("hello")["isWritablePrimary"])
            assert not access.is_ready(home, port)
        yield process, access.uri(home, port)
    finally:
        process.kill()
        process.wait()


def fill(client: MongoClient[Any], home: Settings) -> None:
    """Documents that are plain, odd and large, in several collections and databases."""
    database = archive.database(client, home)
    entries = archive.conversations(client, home)
    ensure_indexes(entries)
    began = datetime(2026, 11, 1, tzinfo=UTC)
    database["annotations"].insert_one({"_id": "s1", "isStarred": True})
    for first in range(0, DOCUMENTS, 2000):
        entries.insert_many(
            {
                "_id": f"{n:06}", "ingestedAt": began + timedelta(seconds=n),
                "text": f"words {n} " * 40,
            }
            for n in range(first, first + 2000)
        )  # fmt: skip
    # So far in the files; what follows is only in the oplog.
    client.admin.command("fsync")
    deep: Any = "end"
    for _ in range(48):
        deep = {"a": [deep]}
    odd = [
        {"a.b": 1, "$ref": 2, "": {"$set": {"x.y": None}}}, {"deep": deep},
        {"number": bson.Int64(1), "small": 1, "float": 1.0, "big": bson.Decimal128("1.10")},
        {"null\ttab": "\x00 in a text", "bytes": b"\x00\xff", "at": began, "list": [[], {}]},
    ]  # fmt: skip
    entries.insert_many(
        {"_id": f"odd {n}", "ingestedAt": began, **one} for n, one in enumerate(odd)
    )
    entries.insert_one({"_id": "large", "ingestedAt": began, "rawLine": b"x" * (15 << 20)})
    with GridFSBucket(database).open_upload_stream("line") as stream:
        stream.write(b"long " * 500_000)
    database["fs.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)
    database["forgotten"].create_index("at")
    client["another"]["notes"].insert_one({"_id": 1})


def content_of(client: MongoClient[Any]) -> Content:
    content: Content = {}
    for name in sorted(client.list_database_names()):
        if name in {"admin", "config", "local"}:
            continue
        for collection in client[name].list_collections():
            found = client[name].get_collection(collection["name"], codec_options=RAW)
            rows = [document.raw for document in found.find().sort("_id")]
            content[f"{name}.{collection['name']}"] = (rows, found.index_information())
    return content


def compressors(client: MongoClient[Any], home: Settings) -> set[str]:
    database = archive.database(client, home)
    stats = [database.command("collStats", name) for name in database.list_collection_names()]
    return {
        one["wiredTiger"]["creationString"].split("block_compressor=")[1].split(",")[0]
        for one in stats
    }


def assert_moved(home: Settings, content: Content) -> None:
    with server.serving_mongo(home) as uri, archive.connect(uri) as client:
        assert content_of(client) == content
        assert compressors(client, home) <= {"zstd"}
        assert client.local.list_collection_names() == ["startup_log"]
        assert "setName" not in client.admin.command("hello")
    assert not (home.mongo_dir / "keyfile").exists()
    assert move_over.read(home).step == "done"
    assert not move_over.remark(home)


def test_an_old_home_stands_alone_with_every_byte(
    home: Settings, made: tuple[Path, Content]
) -> None:
    before = size_of(home)
    assert_moved(home, made[1])
    assert size_of(home) < before / 2
    with server.serving_mongo(home) as uri, archive.connect(uri) as client:
        # It is a home like any other now.
        archive.conversations(client, home).insert_one({"_id": "new"})


def size_of(home: Settings) -> int:
    return sum(file.stat().st_size for file in mongod.data_dir(home).rglob("*") if file.is_file())


def test_nobody_is_sent_to_the_server_of_a_move(home: Settings) -> None:
    with move_over._running(home):
        eventually(lambda: mongod.holder(home))
        assert server.running_uri(home) is None


def test_killed_at_any_moment_it_ends_moved(home: Settings, made: tuple[Path, Content]) -> None:
    numbers, kills = random.Random(5), 0
    while kills < 12:
        command = [sys.executable, "-c", MOVE, home.model_dump_json(by_alias=False)]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        # Each time a little later: every step is the one that is cut short.
        with suppress(subprocess.TimeoutExpired):
            process.wait(numbers.uniform(0.2, 1.0) * (1 + kills / 3))
        was_running = process.poll() is None
        process.kill()
        process.wait()
        kills += 1
        if numbers.random() < 0.7:
            kill_server(home)
        if not was_running:
            assert process.returncode == 0
            break
    assert kills > 2
    assert_moved(home, made[1])


def kill_server(home: Settings) -> None:
    with suppress(FileNotFoundError):
        pid = int((home.mongo_dir / "moving.pid").read_text())
        if mongod.is_running(pid):
            mongod.tell(pid, signal.SIGKILL)


def test_killed_between_two_collections_it_copies_the_rest(
    home: Settings, made: tuple[Path, Content], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    def die_after_two(collection: Any, steps: Any) -> None:
        collection.database.command("aggregate", collection.name, pipeline=steps, cursor={})
        copied.append(collection.name)
        if len(copied) == 2:
            kill_server(home)
            raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr("pymongo.collection.Collection.aggregate", die_after_two)
        with pytest.raises(ConnectionError):
            move_over.bring_up_to_date(home)
    assert move_over.read(home).step == "compress"
    assert_moved(home, made[1])


def test_without_room_for_a_copy_it_stands_alone_and_copies_later(
    home: Settings, made: tuple[Path, Content], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: Usage(1 << 20))
        for _ in range(2):
            with server.serving_mongo(home) as uri, archive.connect(uri) as client:
                assert content_of(client) == made[1]
                assert "snappy" in compressors(client, home)
                assert client.local.list_collection_names() == ["startup_log"]
        assert "still compressed with snappy: 0.3 GiB free" in move_over.remark(home)
    assert_moved(home, made[1])


def test_a_server_that_cannot_read_its_files_is_named_and_nothing_is_changed(
    home: Settings,
) -> None:
    turtle = mongod.data_dir(home) / "WiredTiger.turtle"
    whole = turtle.read_bytes()
    turtle.write_bytes(b"damaged")
    with pytest.raises(server.ServiceDown, match="nothing is lost"):
        move_over.bring_up_to_date(home)
    assert move_over.read(home).step == "apply oplog"
    turtle.write_bytes(whole)


def test_a_home_whose_first_start_was_cut_short_is_a_new_one(tmp_path: Path) -> None:
    home = Settings(cca_home=tmp_path, mongo_uri="", _env_file=None)
    mongod.data_dir(home).mkdir(parents=True)
    command = [
        str(mongod.find_binary()),
        "--dbpath",
        str(mongod.data_dir(home)),
        "--replSet",
        "rs0",
    ]
    port = free_port()
    process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL)
    with MongoClient[Any](f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
        client.admin.command("ping")
    process.kill()
    process.wait()
    (home.mongo_dir / "keyfile").write_text("0123456789abcdef" * 4)
    (home.mongo_dir / "keyfile").chmod(0o600)
    assert_moved(home, {})
