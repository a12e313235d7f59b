"""A small world of transcripts and what became of them."""

import contextlib
import socket
import subprocess
import time
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from cca.mongo.server import find_binary
from cca.sync_agent.agent import sync_once
from cca.transcript.entry import entry_of

SESSION = "00000000-0000-4000-8000-0000000000ad"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def projects(settings) -> Path:
    return settings.claude_dirs[0]


@pytest.fixture
def transcript(projects) -> Path:
    """The file of a session that is yet to be written."""
    path = projects / "-srv-a" / f"{SESSION}.jsonl"
    path.parent.mkdir()
    return path


@pytest.fixture
def sync(settings, collection):
    """Sync everything once."""
    return lambda: sync_once(settings, settings.mongo_uri)


@pytest.fixture
def stored(collection):
    """The entries in the archive, in the order of their files."""

    def entries(**query):
        order = [("stream", 1), ("generation", 1), ("sourceOffset", 1)]
        return [entry_of(document) for document in collection.find(query).sort(order)]

    return entries


class OwnMongod:
    """A mongod of the test's own, on a port of its own: it may be killed and come back."""

    def __init__(self, home: Path, *options: str, client: str = "") -> None:
        self.home = home
        self.port = free_port()
        self.options = options
        self.uri = f"mongodb://127.0.0.1:{self.port}/?directConnection=true{client}"
        self.process: subprocess.Popen[bytes] | None = None
        (home / "data").mkdir(parents=True)

    def start(self) -> None:
        command = [
            *(find_binary(), "--dbpath", self.home / "data", "--port", str(self.port)),
            *("--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"),
            *("--logpath", self.home / "log", "--logappend", "--oplogSize", "100"),
            *self.options,
        ]
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self) -> None:
        """Until it takes writes; a first start makes the replica set."""
        deadline = time.monotonic() + 30
        with MongoClient(self.uri, serverSelectionTimeoutMS=500) as client:
            while time.monotonic() < deadline:
                with contextlib.suppress(PyMongoError):
                    hello = client.admin.command("hello")
                    if hello.get("isWritablePrimary"):
                        return
                    if "setName" not in hello:
                        member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
                        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
                time.sleep(0.05)
        message = "the test's mongod did not become ready"
        raise AssertionError(message)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def own_mongod(tmp_path):
    """Makes a mongod that the test may kill; one node of a replica set, without passwords."""
    servers = []

    def start(*options: str, client: str = "") -> OwnMongod:
        home = tmp_path / f"mongod{len(servers)}"
        server = OwnMongod(home, "--replSet", "rs0", *options, client=client)
        servers.append(server)
        server.start()
        server.wait()
        return server

    yield start
    for server in servers:
        server.kill()
