"""The feed brings every document, late ones too, and of each what a search looks at."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cca.demo.generate import generate
from cca.follow.feed import Feed
from cca.search.blocks import searchable
from cca.search.home import Position
from cca.sync_agent.deliver import ensure_indexes
from cca.sync_agent.once import sync_once
from cca.transcript.entry import ODD_ENTRY, entry_of
from tests.helpers import eventually


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
    feed = Feed(collection, None, lambda _: False)
    while documents := feed.read(100):
        fed += documents
    whole = _searched(collection.find())
    assert sum(isinstance(found, list) and len(found) > 1 for found in whole.values()) > 10
    assert _searched(fed) == whole
    assert not any("toolUseResult" in document for document in fed)


@pytest.fixture
def arriving(scribe: Any) -> Callable[..., str]:
    """Stores a document that arrived so many seconds after the first; returns its id."""

    def arrive(seconds: float, document_id: str | None = None) -> str:
        document = scribe.document({"type": "user", "message": {"content": "x"}})
        at = scribe.began + timedelta(seconds=seconds)
        chosen = {"_id": document_id} if document_id else {}
        scribe.collection.insert_one(document | {"ingestedAt": at} | chosen)
        return str(chosen.get("_id", document["_id"]))

    return arrive


@pytest.fixture
def feed(collection: Any) -> Feed:
    ensure_indexes(collection)
    return Feed(collection, None, lambda _: False)


def ids(feed: Feed) -> list[str]:
    return [document["_id"] for document in feed.read(10)]


def test_a_first_pass_brings_what_arrives_meanwhile_too(
    feed: Feed, collection: Any, arriving: Any
) -> None:
    """It reads what lies there in that order, and its position is the newest of its start."""
    there = [arriving(seconds) for seconds in (300, 0, 200, 400, 100)]
    found = [document["_id"] for document in feed.read(2)]
    assert (found, feed.position) == (there[:2], None)
    meanwhile = {arriving(500), arriving(50), arriving(400, "0" * 32)}
    while documents := feed.read(2):
        found += [document["_id"] for document in documents]
    assert set(found) == {*there, *meanwhile}
    newest = max(collection.find(), key=lambda each: (each["ingestedAt"], each["_id"]))
    assert feed.position == Position(newest["ingestedAt"], newest["_id"])


def test_a_batch_that_is_read_while_it_is_written_comes_whole(feed: Feed, arriving: Any) -> None:
    """All its documents have one time, and become visible in any order."""
    assert arriving(0, "m") in ids(feed)
    arriving(0, "z")
    arriving(0, "a")
    assert sorted(ids(feed)) == ["a", "z"]
    assert ids(feed) == []


def test_a_batch_committed_after_a_younger_one_is_found(feed: Feed, arriving: Any) -> None:
    early = [arriving(seconds) for seconds in (0, 100, 400)]
    assert ids(feed) == early
    late = {arriving(1), arriving(399)}
    found: set[str] = set()
    eventually(lambda: found.update(ids(feed)) or found == late, 30)
    last = arriving(250)
    # While others keep coming.
    eventually(lambda: found.update([arriving(500)], ids(feed)) or last in found, 30)


def test_what_was_deleted_hides_nothing_late(feed: Feed, arriving: Any, collection: Any) -> None:
    gone = [arriving(seconds) for seconds in (0, 1, 2, 3)]
    assert ids(feed) == gone
    collection.delete_many({"_id": {"$in": gone[:2]}})
    found: set[str] = set()
    late = arriving(-100)
    eventually(lambda: found.update(ids(feed)) or late in found, 30)
    later = arriving(-99)
    eventually(lambda: found.update(ids(feed)) or later in found, 30)
    assert found == {late, later}


def test_documents_behind_the_position_are_read_once_after_a_start(
    arriving: Any, collection: Any
) -> None:
    known = [arriving(seconds) for seconds in (0, 1)]
    missed, last = arriving(1.5), arriving(2)
    ensure_indexes(collection)
    at = collection.find_one({"_id": last})["ingestedAt"]
    feed = Feed(collection, Position(at, last), {*known, last}.__contains__)
    assert ids(feed) == [missed]
    assert ids(feed) == []


def test_what_lies_behind_a_start_is_looked_for_once(arriving: Any, collection: Any) -> None:
    """After a bulk load most of the archive arrived a moment ago, and few of it may be known."""
    behind = [arriving(number / 1000) for number in range(95)]
    ensure_indexes(collection)
    last = collection.find_one({"_id": behind[-1]})
    feed = Feed(collection, Position(last["ingestedAt"], last["_id"]), {last["_id"]}.__contains__)
    before = _returned(collection)
    read = [one for _ in range(10) for one in ids(feed)]
    assert sorted(read) == sorted(behind[:-1])
    # Each once as an id, and once as a document.
    assert _returned(collection) - before < 2 * len(behind) + 20


def test_a_quiet_feed_asks_for_counts_and_reads_no_document(
    feed: Feed, arriving: Any, collection: Any
) -> None:
    for number in range(500):
        arriving(number / 1000)
    while ids(feed):
        pass
    before = _returned(collection)
    for _ in range(20):
        feed._late_check_at = 0.0
        assert ids(feed) == []
    # The answer to each question is a document of its own in this counter.
    assert _returned(collection) - before <= 5


def _returned(collection: Any) -> int:
    status = collection.database.client.admin.command("serverStatus")
    return int(status["metrics"]["document"]["returned"])
