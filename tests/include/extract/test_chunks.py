"""A wide window in parts is the same as one: in any order, at once, after a crash."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.collection import Collection

from cca.extract import chunks
from cca.extract.chunks import Parts, finish, plan
from cca.extract.fetch import server_time
from cca.extract.run import extract
from cca.extract.window import Window, resolve, split
from cca.extract.workers import extract_at_once
from cca.lake.store import holding
from cca.settings import Settings

Make = Callable[..., dict[str, Any]]
LONG_AGO = datetime(2026, 10, 1, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def every_day_is_worth_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "SMALLEST_PART", 3)


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
        return lake.read().extracted


def test_parts_taken_at_once_are_the_whole_and_only_the_end_moves_the_mark(
    settings: Settings, archived: list[str]
) -> None:
    todo = plan(settings, settings.mongo_uri, Window("incremental"), parts=5)
    todo = Parts.from_dict(json.loads(json.dumps(todo.to_dict())))
    assert len(todo.windows) == 5
    windows = list(todo.windows)
    random.Random(1).shuffle(windows)
    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(extract, settings, settings.mongo_uri, one) for one in windows]
        taken = sum(job.result().documents for job in jobs)
    assert taken == len(archived)
    assert mark(settings) is None
    assert finish(settings, todo) == todo.mark == mark(settings)
    assert lake_ids(settings) == archived
    assert not extract(settings, settings.mongo_uri, Window("incremental")).is_changed


def test_processes_at_once_make_the_lake_of_one_and_say_how_far_they_are(
    settings: Settings, archived: list[str]
) -> None:
    seen: list[tuple[int, int]] = []
    report = extract_at_once(
        settings, settings.mongo_uri, Window("full"), workers=2,
        on_progress=lambda *counts: seen.append(counts),
    )  # fmt: skip
    assert lake_ids(settings) == archived
    assert (report.documents, report.files > 1) == (len(archived), True)
    assert report.mark == mark(settings) is not None
    assert seen[-1] == (len(archived), len(archived))
    extract_at_once(settings, settings.mongo_uri, Window("full"), workers=2)
    assert lake_ids(settings) == archived
    assert not extract(settings, settings.mongo_uri, Window("incremental")).is_changed


@pytest.mark.parametrize("settings", ["parquet"], indirect=True)
def test_a_part_that_fails_fails_the_run_and_leaves_the_mark(
    settings: Settings, archived: list[str]
) -> None:
    in_the_way = settings.lake_dir / "conversations" / "date=2026-10-09"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.touch()
    with pytest.raises(OSError, match="date=2026-10-09"):
        extract_at_once(settings, settings.mongo_uri, Window("full"), workers=2)
    assert mark(settings) is None
    in_the_way.unlink()
    extract_at_once(settings, settings.mongo_uri, Window("full"), workers=2)
    assert lake_ids(settings) == archived


def test_parts_repeated_after_a_crash_and_beside_new_arrivals_lose_and_double_nothing(
    settings: Settings,
    archived: list[str],
    collection: Collection[dict[str, Any]],
    document: Make,
) -> None:
    todo = plan(settings, settings.mongo_uri, Window("full"), parts=4)
    for window in todo.windows[:2]:
        extract(settings, settings.mongo_uri, window)
    new = document(eventAt=LONG_AGO, ingestedAt=server_time(collection))
    collection.insert_one(new)
    extract(settings, settings.mongo_uri, Window("incremental"))
    collection.delete_one({"_id": archived[3]})
    for window in todo.windows:
        extract(settings, settings.mongo_uri, window)
    moved = mark(settings)
    assert finish(settings, todo) == moved
    expected = sorted({*archived, new["_id"]} - {archived[3]})
    assert lake_ids(settings) == expected


def test_what_is_small_or_incremental_or_not_of_event_time_stays_one_part(
    settings: Settings,
    archived: list[str],
    collection: Collection[dict[str, Any]],
    document: Make,
) -> None:
    uri = settings.mongo_uri
    day = resolve(since="2026-10-02", until="2026-10-03")
    assert plan(settings, uri, day, parts=5) == Parts((day,))
    full = Window("full")
    assert plan(settings, uri, full, parts=1) == Parts((full,))
    collection.insert_one(document(eventAt="yesterday"))
    assert plan(settings, uri, full, parts=5) == Parts((full,))
    extract(settings, uri, full)
    assert lake_ids(settings) == archived
    incremental = Window("incremental")
    assert plan(settings, uri, incremental, parts=5) == Parts((incremental,))


def test_parts_of_a_window_meet_and_cover_it() -> None:
    window = resolve(since="2026-10-01", until="2026-10-05")
    cuts = [datetime(2026, 10, day, tzinfo=UTC) for day in (9, 3, 1, 3, 2)]
    found = split(window, cuts)
    assert [one.start.day for one in found if one.start] == [1, 2, 3]
    assert [one.end for one in found] == [cuts[4], cuts[1], window.end]
    assert [one.start for one in split(Window("full"), cuts)] == [None, *sorted(set(cuts))]
