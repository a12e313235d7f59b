"""A run leaves the lake equal to MongoDB in its window, however often and in what order."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.collection import Collection

from cca.errors import SettingError
from cca.extract.fetch import server_time
from cca.extract.one_chunk import ExtractReport
from cca.extract.run import extract
from cca.extract.window import Window, backfill, resolve
from cca.lake.lake import Lake, holding
from cca.settings import Settings

LONG_AGO = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture(autouse=True, params=["parquet", "iceberg"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Every test here is of both formats."""
    return settings.model_copy(update={"storage_format": request.param})


def lake_ids(settings: Settings, dataset: str = "conversations") -> list[str]:
    """Ids in the lake, read with no dedupe."""
    with holding(settings) as lake:
        files = [file for file in lake.read().files if file.dataset == dataset]
        tables = [lake.table(file, ["_id"]) for file in files]
    return sorted(value for table in tables for value in table["_id"].to_pylist())


def mongo_ids(collection: Collection[dict[str, Any]]) -> list[str]:
    return sorted(document["_id"] for document in collection.find({}, {"_id": 1}))


def run(settings: Settings, window: Window) -> ExtractReport:
    return extract(settings, settings.mongo_uri, window)


def test_incremental_takes_all_then_only_what_is_new(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Callable[..., dict[str, Any]],
) -> None:
    collection.insert_many([document() for _ in range(3)])
    assert run(settings, Window("incremental")).documents == 3
    assert not run(settings, Window("incremental")).is_changed
    now = server_time(collection)
    collection.insert_one(document(ingestedAt=now))
    assert run(settings, Window("incremental")).documents == 1
    assert lake_ids(settings) == mongo_ids(collection)


def test_document_that_became_visible_late_is_taken(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Callable[..., dict[str, Any]],
) -> None:
    now = server_time(collection)
    collection.insert_one(document(ingestedAt=now))
    run(settings, Window("incremental"))
    late = now - timedelta(minutes=3)
    collection.insert_one(document(ingestedAt=late))
    assert run(settings, Window("incremental")).is_changed
    assert lake_ids(settings) == mongo_ids(collection)


def test_backfill_owns_event_time_and_leaves_the_mark(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Callable[..., dict[str, Any]],
) -> None:
    collection.insert_many(
        [document(eventAt=LONG_AGO + timedelta(hours=hour)) for hour in range(6)]
    )
    window = resolve(since="2026-10-01T01:00Z", until="2026-10-01T04:00Z")
    assert run(settings, window).documents == 3
    assert run(settings, window).documents == 3
    assert len(lake_ids(settings)) == 3
    with holding(settings) as lake:
        assert lake.read().high_water_mark is None
    run(settings, Window("incremental"))
    assert lake_ids(settings) == mongo_ids(collection)


def test_deleted_documents_leave_the_lake_with_their_window(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Callable[..., dict[str, Any]],
) -> None:
    collection.insert_many([document() for _ in range(4)])
    run(settings, Window("incremental"))
    collection.delete_one({"sourceOffset": 0})
    run(settings, Window("full"))
    assert lake_ids(settings) == mongo_ids(collection)
    assert len(lake_ids(settings)) == 3


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_windows_that_covers_the_time_line_equals_mongodb(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Callable[..., dict[str, Any]],
    seed: int,
) -> None:
    chance = random.Random(seed)
    for _ in range(6):
        collection.insert_many(
            [
                document(
                    eventAt=LONG_AGO + timedelta(hours=chance.randrange(24 * 5)),
                    ingestedAt=LONG_AGO + timedelta(days=6, seconds=chance.randrange(10_000)),
                )
                for _ in range(chance.randrange(1, 20))
            ]
        )
        first = chance.randrange(24 * 4)
        start = LONG_AGO + timedelta(hours=first)
        window = chance.choice(
            [
                Window("full"),
                backfill(start, start + timedelta(hours=chance.randrange(1, 30))),
                backfill(start, None),
                backfill(None, start),
            ]
        )
        run(settings, window)
    run(settings, backfill(None, None))
    assert lake_ids(settings) == mongo_ids(collection)


def test_crash_before_the_commit_changes_nothing_and_is_healed_by_the_next_run(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection.insert_many([document() for _ in range(3)])
    run(settings, Window("full"))
    before = lake_ids(settings)
    collection.insert_one(document())

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "commit", crash)
        with pytest.raises(KeyboardInterrupt):
            run(settings, Window("full"))
    assert lake_ids(settings) == before
    run(settings, Window("full"))
    assert lake_ids(settings) == mongo_ids(collection)


def test_odd_document_becomes_a_reject_and_stops_nothing(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Callable[..., dict[str, Any]],
) -> None:
    collection.insert_many([document(), {"_id": "stranger"}, document(rawLine="{torn")])
    report = run(settings, backfill(None, None))
    assert (report.documents, report.rejects) == (1, 2)
    assert len(lake_ids(settings, "rejects")) == 2


def test_bounds_that_are_no_times_are_named() -> None:
    with pytest.raises(SettingError, match="since: 'yesterday'"):
        resolve(since="yesterday")
    with pytest.raises(SettingError, match="must be before"):
        resolve(since="2026-10-02", until="2026-10-01")


def test_windows_survive_json() -> None:
    window = resolve(since="2026-10-01", until="2026-10-02T03:00+02:00")
    assert Window.from_dict(window.to_dict()) == window
    assert window.events.end == datetime(2026, 10, 2, 1, tzinfo=UTC)
