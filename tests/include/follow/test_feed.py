"""What the feed leaves in MongoDB is nothing that a search would look at."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cca.demo.generate import generate
from cca.follow.feed import Feed
from cca.search.blocks import searchable
from cca.sync_agent.once import sync_once
from cca.transcript.entry import ODD_ENTRY, entry_of


def _searched(documents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for document in documents:
        try:
            entry = entry_of(document)
            found[document["_id"]] = [entry.get("uuid"), *searchable(entry)]
        except ODD_ENTRY as error:
            found[document["_id"]] = type(error)
    return found


@pytest.fixture(params=["demo", "edge", "modern-2.1.283"])
def transcripts(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "demo":
        generate(tmp_path / "demo", sessions=3, seed=5, until=date(2026, 11, 1))
        return tmp_path / "demo"
    return request.getfixturevalue("shared_transcripts") / request.param / "projects"


def test_the_feed_brings_all_that_is_searched(transcripts, settings, collection):
    sync_once(settings.model_copy(update={"claude_dir": str(transcripts)}), settings.mongo_uri)
    fed = []
    with Feed(collection, None, lambda _: False) as feed:
        while documents := feed.read(100):
            fed += documents
    whole = _searched(collection.find())
    assert sum(isinstance(found, list) and len(found) > 1 for found in whole.values()) > 10
    assert _searched(fed) == whole
    assert not any("toolUseResult" in document for document in fed)
