"""A small world of transcripts and what became of them."""

from pathlib import Path

import pytest

from include.entries import entry_of
from include.sync_agent.agent import sync_once

SESSION = "00000000-0000-4000-8000-0000000000ad"


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
