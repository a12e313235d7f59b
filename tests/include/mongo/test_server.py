"""The embedded MongoDB: started on demand, shared, protected, stopped by its last user."""

import json
import multiprocessing
import os
import signal
import socket
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from cca.errors import ServiceDown
from cca.mongo import archive, mongod, server
from cca.mongo.set_up import set_up
from cca.settings import Settings
from tests.helpers import eventually


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(cca_home=tmp_path, mongo_uri="", _env_file=None)


def test_last_user_stops_it_and_data_stays(home: Settings) -> None:
    with server.serving_mongo(home) as uri, MongoClient(uri) as client:
        client.db.things.insert_one({"_id": 1})
        with server.serving_mongo(home) as again:
            assert again == uri
        assert client.db.things.count_documents({}) == 1
    assert server.running_uri(home) is None
    with server.serving_mongo(home) as uri, MongoClient(uri) as client:
        assert client.db.things.count_documents({}) == 1


def test_moves_when_its_port_is_taken(home: Settings) -> None:
    with server.serving_mongo(home) as first, MongoClient(first) as client:
        client.db.things.insert_one({"_id": 1})
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        # Its own of last time may be another test's by now.
        (home.mongo_dir / "port").write_text(str(port))
        with server.serving_mongo(home) as moved, MongoClient(moved) as client:
            assert urlsplit(moved).port != port
            assert client.db.things.count_documents({}) == 1
            client.db.things.insert_one({"_id": 2})


def test_moves_when_another_had_its_port_for_a_moment(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = socket.create_server(("127.0.0.1", 0))
    port = other.getsockname()[1]
    monkeypatch.setattr(server, "_usual_port", lambda _: port)
    tried: list[int] = []
    start = mongod.start

    def start_beside(settings: Settings, on: int, **options: bool) -> subprocess.Popen[bytes]:
        process = start(settings, on, **options)
        if not tried:
            process.wait()
            other.close()
        tried.append(on)
        return process

    monkeypatch.setattr(mongod, "start", start_beside)
    with server.serving_mongo(home) as uri, MongoClient(uri) as client:
        client.db.things.insert_one({"_id": 1})
        assert tried == [port, urlsplit(uri).port]
        assert len(set(tried)) == 2


def test_needs_its_password_and_keeps_it_private(home: Settings) -> None:
    with server.serving_mongo(home) as uri:
        address = uri.split("@")[1].split("/")[0]
        with (
            MongoClient(f"mongodb://{address}/?directConnection=true") as stranger,
            pytest.raises(OperationFailure),
        ):
            stranger.db.things.find_one()
    assert stat.S_IMODE((home.mongo_dir / "password").stat().st_mode) == 0o600


def test_it_stands_alone_and_compresses_well(home: Settings) -> None:
    with server.serving_mongo(home) as uri, MongoClient(uri) as client:
        client.db.things.insert_one({"_id": 1})
        assert "setName" not in client.admin.command("hello")
        stored = client.db.command("collStats", "things")["wiredTiger"]["creationString"]
        assert "block_compressor=zstd" in stored
        assert client.local.list_collection_names() == ["startup_log"]
    journal = home.mongo_dir / "data" / "journal"
    assert sum(file.stat().st_size for file in journal.iterdir()) < 100 << 20


def test_what_it_has_confirmed_survives_its_sudden_end(home: Settings) -> None:
    with server.serving_mongo(home) as uri, archive.connect(uri) as client:
        database = archive.database(client, home)
        database["annotations"].insert_one({"_id": "note"})
        archive.conversations(client, home).insert_many([{"_id": n} for n in range(3000)])
        running = server._recorded(home)
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
    with server.serving_mongo(home) as uri, archive.connect(uri) as client:
        database = archive.database(client, home)
        assert database["annotations"].count_documents({}) == 1
        assert archive.conversations(client, home).count_documents({}) == 3000


def test_set_up_makes_the_user_of_a_stand_alone_server_and_no_set(home: Settings) -> None:
    with server.serving_mongo(home) as uri, MongoClient(uri) as client:
        user = "mongodb://reader:secret@127.0.0.1/?authSource=claude_logs"
        told = home.model_copy(update={"mongo_admin_uri": uri, "mongo_uri": user})
        assert set_up(told) == ["user reader for the database claude_logs"]
        assert set_up(told) == []
        assert "setName" not in client.admin.command("hello")


def test_server_of_a_killed_command_is_found_and_stopped_by_the_next(home: Settings) -> None:
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_use_and_die, args=(home.cca_home,))
    child.start()
    child.join()
    survivor = server.running_uri(home)
    assert survivor is not None
    with server.serving_mongo(home) as uri:
        assert uri == survivor
    assert server.running_uri(home) is None


def _use_and_die(home: Path) -> None:
    with server.serving_mongo(Settings(cca_home=home, mongo_uri="", _env_file=None)):
        os._exit(9)


def test_failing_command_leaves_no_server(home: Settings) -> None:
    with pytest.raises(ZeroDivisionError), server.serving_mongo(home):
        1 / 0  # noqa: B018
    assert server.running_uri(home) is None


def test_server_of_a_command_killed_while_it_started_is_set_up_by_the_next(home: Settings) -> None:
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_die_while_starting, args=(home.cca_home,))
    child.start()
    child.join()
    assert json.loads((home.mongo_dir / "running.json").read_text())["transient"]
    with server.serving_mongo(home) as uri, MongoClient(uri) as client:
        client.db.things.insert_one({"_id": 1})
    assert server.running_uri(home) is None


def test_server_of_a_command_killed_before_it_wrote_that_down_is_adopted(home: Settings) -> None:
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_die_before_writing, args=(home.cca_home,))
    child.start()
    child.join()
    assert not (home.mongo_dir / "running.json").exists()
    found = eventually(lambda: mongod.holder(home))
    with server.serving_mongo(home) as uri, MongoClient(uri) as client:
        client.db.things.insert_one({"_id": 1})
        adopted = server._recorded(home)
        assert adopted == server.Running(*found, transient=True, was_ready=True)
    assert mongod.holder(home) is None
    assert server.running_uri(home) is None


def test_a_server_that_was_ready_and_hangs_is_named_soon(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_ANSWER_SECONDS", 1)
    with server.serving_mongo(home):
        process = psutil.Process(json.loads((home.mongo_dir / "running.json").read_text())["pid"])
        process.suspend()
        try:
            with (
                pytest.raises(ServiceDown, match=rf"process {process.pid}\) .*kill -CONT"),
                server.serving_mongo(home),
            ):
                pass
        finally:
            process.resume()
        with server.serving_mongo(home) as uri, MongoClient(uri) as client:
            assert client.admin.command("ping")
    assert server.running_uri(home) is None


def test_a_lock_file_with_the_pid_of_another_program_names_no_server(home: Settings) -> None:
    data = mongod.data_dir(home)
    data.mkdir(parents=True)
    for text in (str(os.getpid()), "", "x", "-1", "999999999"):
        (data / "mongod.lock").write_text(text)
        assert mongod.holder(home) is None


def _die_before_writing(home: Path) -> None:
    server._write_state = lambda *_: os._exit(9)
    with server.serving_mongo(Settings(cca_home=home, mongo_uri="", _env_file=None)):
        pass


def _die_while_starting(home: Path) -> None:
    server._await_ready = lambda *_: os._exit(9)
    with server.serving_mongo(Settings(cca_home=home, mongo_uri="", _env_file=None)):
        pass
