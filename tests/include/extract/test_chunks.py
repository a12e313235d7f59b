"""A wide window in chunks equals one extraction: in any order, at once, after a crash."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pendulum
import pytest
from pymongo.collection import Collection

from cca.extract import chunks
from cca.extract.chunks import Chunk, finish, handed_over, plan
from cca.extract.fetch import server_time
from cca.extract.one_chunk import extract_chunk
from cca.extract.rebuild import drop_lake
from cca.extract.run import extract
from cca.extract.window import Window, backfill, resolve
from cca.lake.lake import holding
from cca.lake.manifest import Coverage
from cca.lake.time_range import TimeRange
from cca.settings import Settings
from cca.transcript import TRANSCRIPT_RULES

Make = Callable[..., dict[str, Any]]
LONG_AGO = datetime(2026, 10, 1, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def every_day_is_worth_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "SMALLEST_CHUNK", 3)


@pytest.fixture(params=["parquet", "iceberg"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    return settings.model_copy(update={"storage_format": request.param})


@pytest.fixture
def archived(collection: Collection[dict[str, Any]], document: Make) -> list[str]:
    """Thirty documents over ten days."""
    documents = [document(eventAt=LONG_AGO + timedelta(days=day % 10)) for day in range(30)]
    collection.insert_many(documents)
    return sorted(one["_id"] for one in documents)


def lake_ids(settings: Settings) -> list[str]:
    with holding(settings) as lake:
        files = [file for file in lake.read().files if file.dataset == "conversations"]
        return sorted(
            value for file in files for value in lake.table(file, ["_id"])["_id"].to_pylist()
        )


def mark(settings: Settings) -> datetime | None:
    with holding(settings) as lake:
        return lake.read().high_water_mark


def extract_all(settings: Settings, todo: tuple[Chunk, ...]) -> int:
    uri = settings.mongo_uri
    return sum(extract_chunk(settings, uri, chunk).documents for chunk in todo)


def test_chunks_extracted_at_once_are_the_whole_and_only_the_end_moves_the_mark(
    settings: Settings, archived: list[str]
) -> None:
    uri = settings.mongo_uri
    planned = plan(settings, uri, Window("incremental"), number=5)
    handed = json.loads(json.dumps([chunk.to_dict() for chunk in planned]))
    todo = [handed_over(settings, uri, values) for values in handed]
    assert todo == list(planned)
    assert len(todo) == 5
    random.Random(1).shuffle(todo)
    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(extract_chunk, settings, uri, one) for one in todo]
        documents = sum(job.result().documents for job in jobs)
    assert documents == len(archived)
    assert mark(settings) is None
    assert finish(settings, todo) == todo[0].high_water_mark == mark(settings)
    assert lake_ids(settings) == archived
    assert not extract(settings, uri, Window("incremental")).is_changed


def test_processes_at_once_make_the_lake_of_one_and_report_their_progress(
    settings: Settings, archived: list[str]
) -> None:
    seen: list[tuple[int, int]] = []
    report = extract(
        settings, settings.mongo_uri, Window("full"), workers=2,
        on_progress=lambda *counts: seen.append(counts),
    )  # fmt: skip
    assert lake_ids(settings) == archived
    assert (report.documents, report.files > 1) == (len(archived), True)
    assert report.high_water_mark == mark(settings) is not None
    assert seen[-1] == (len(archived), len(archived))
    extract(settings, settings.mongo_uri, Window("full"), workers=2)
    assert lake_ids(settings) == archived
    assert not extract(settings, settings.mongo_uri, Window("incremental")).is_changed


@pytest.mark.parametrize("settings", ["parquet"], indirect=True)
def test_a_chunk_that_fails_fails_the_run_and_leaves_the_mark(
    settings: Settings, archived: list[str]
) -> None:
    in_the_way = settings.lake_dir / "conversations" / "date=2026-10-09"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.touch()
    with pytest.raises(OSError, match="date=2026-10-09"):
        extract(settings, settings.mongo_uri, Window("full"), workers=2)
    assert mark(settings) is None
    in_the_way.unlink()
    extract(settings, settings.mongo_uri, Window("full"), workers=2)
    assert lake_ids(settings) == archived


def test_chunks_repeated_after_a_crash_and_beside_new_arrivals_lose_and_double_nothing(
    settings: Settings,
    archived: list[str],
    collection: Collection[dict[str, Any]],
    document: Make,
) -> None:
    todo = plan(settings, settings.mongo_uri, Window("full"), number=4)
    extract_all(settings, todo[:2])
    new = document(eventAt=LONG_AGO, ingestedAt=server_time(collection))
    collection.insert_one(new)
    extract(settings, settings.mongo_uri, Window("incremental"))
    collection.delete_one({"_id": archived[3]})
    extract_all(settings, todo)
    moved = mark(settings)
    assert finish(settings, todo) == moved
    expected = sorted({*archived, new["_id"]} - {archived[3]})
    assert lake_ids(settings) == expected


def test_a_small_or_incremental_window_and_odd_event_times_stay_one_chunk(
    settings: Settings,
    archived: list[str],
    collection: Collection[dict[str, Any]],
    document: Make,
) -> None:
    uri = settings.mongo_uri
    day = resolve(since="2026-10-02", until="2026-10-03")
    assert plan(settings, uri, day, number=5) == (Chunk("backfill", day.events),)
    full = Window("full")
    (whole,) = plan(settings, uri, full, number=1)
    assert whole.moves_mark
    collection.insert_one(document(eventAt="yesterday"))
    (whole,) = plan(settings, uri, full, number=5)
    assert whole.scope == TimeRange(None, whole.high_water_mark, "ingestedAt")
    extract(settings, uri, full)
    assert lake_ids(settings) == archived
    (incremental,) = plan(settings, uri, Window("incremental"), number=5)
    assert (incremental.kind, incremental.follows) == ("incremental", mark(settings))


def test_an_incremental_run_whose_lake_is_gone_leaves_no_high_water_mark(
    settings: Settings, archived: list[str]
) -> None:
    uri = settings.mongo_uri
    extract(settings, uri, Window("full"))
    todo = plan(settings, uri, Window("incremental"))
    drop_lake(settings, settings.storage_format)
    extract_all(settings, todo)
    assert finish(settings, todo) is not None
    assert mark(settings) is None
    extract(settings, uri, Window("incremental"))
    assert lake_ids(settings) == archived


def test_a_run_that_ends_late_does_not_move_the_mark_back(
    settings: Settings, archived: list[str], collection: Collection[dict[str, Any]], document: Make
) -> None:
    uri = settings.mongo_uri
    extract(settings, uri, Window("full"))
    late = plan(settings, uri, Window("incremental"))
    new = document(eventAt=LONG_AGO, ingestedAt=server_time(collection))
    collection.insert_one(new)
    extract(settings, uri, Window("incremental"))
    newest = mark(settings)
    extract_all(settings, late)
    assert mark(settings) == newest
    assert lake_ids(settings) == sorted([*archived, new["_id"]])


def test_a_lake_of_older_transcript_rules_is_extracted_as_a_whole_once(
    settings: Settings, archived: list[str]
) -> None:
    uri = settings.mongo_uri
    extract(settings, uri, Window("full"))
    moved = mark(settings)
    assert moved is not None
    with holding(settings) as lake:
        lake.record_coverage(Coverage(moved, TRANSCRIPT_RULES - 1))
    extract(settings, uri, backfill(LONG_AGO, None))
    report = extract(settings, uri, Window("incremental"))
    assert f"rules {TRANSCRIPT_RULES - 1}" in report.reason
    assert report.documents == len(archived)
    assert lake_ids(settings) == archived
    with holding(settings) as lake:
        assert lake.read().coverage == Coverage(report.high_water_mark or moved, TRANSCRIPT_RULES)
    report = extract(settings, uri, Window("incremental"))
    assert (report.reason, report.documents) == ("", 0)


def test_a_run_that_began_before_an_upgrade_ends_after_it(
    settings: Settings, archived: list[str]
) -> None:
    uri = settings.mongo_uri
    nothing = {"start": None, "end": None}
    for kind in ("incremental", "full"):
        old = handed_over(settings, uri, {"kind": kind, **nothing, "mark": None})
        assert (old.kind, old.moves_mark) == ("full", True)
    end = "2026-10-06T00:00:00+00:00"
    first = {"kind": "backfill", "start": None, "end": end, "mark": "2026-11-02T00:00:00+00:00"}
    todo = [handed_over(settings, uri, one) for one in (first, first | {"start": end, "end": None})]
    assert extract_all(settings, tuple(todo)) == len(archived)
    assert mark(settings) is None
    assert finish(settings, todo) == datetime(2026, 11, 2, tzinfo=UTC)
    old = handed_over(settings, uri, {"kind": "backfill", "start": end, "end": None, "mark": None})
    assert old == Chunk("backfill", TimeRange(datetime(2026, 10, 6, tzinfo=UTC), None))


def test_ranges_of_a_window_meet_and_cover_it() -> None:
    window = resolve(since="2026-10-01", until="2026-10-05")
    cuts = [datetime(2026, 10, day, tzinfo=UTC) for day in (9, 3, 1, 3, 2)]
    found = window.events.split(cuts)
    assert [one.start.day for one in found if one.start] == [1, 2, 3]
    assert [one.end for one in found] == [cuts[4], cuts[1], window.events.end]
    assert [one.start for one in TimeRange().split(cuts)] == [None, *sorted(set(cuts))]


def test_a_backfill_of_airflow_is_handed_over_with_its_zone() -> None:
    """Airflow's own class of times loses the zone where it is copied deeply."""
    start = pendulum.datetime(2026, 11, 20)
    window = resolve(data_interval=(start, start.add(hours=1)))
    handed = Chunk("backfill", window.events).to_dict()
    assert handed["start"] == "2026-11-20T00:00:00+00:00"
    assert handed["end"] == "2026-11-20T01:00:00+00:00"
