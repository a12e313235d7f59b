"""A small world of transcripts and what became of them."""

from pathlib import Path

import pytest

from cca.sync_agent.agent import sync_once
from cca.transcript.entry import entry_of
from tests.include.sync_agent.own_mongod import SESSION, OwnMongod


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


@pytest.fixture
def own_mongod(tmp_path):
    """Makes a mongod that the test may kill; it has no passwords."""
    servers = []

    def start(*options: str, client: str = "") -> OwnMongod:
        home = tmp_path / f"mongod{len(servers)}"
        server = OwnMongod(home, *options, client=client)
        servers.append(server)
        server.start()
        server.wait()
        return server

    yield start
    for server in servers:
        server.kill()
