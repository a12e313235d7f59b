"""kill -9 between any two steps: what is shown is never a half, and the next run heals all."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection

from cca.extract.fetch import server_time
from cca.extract.rest import rest_of
from cca.extract.run import extract
from cca.extract.window import Window, backfill
from cca.lake.lake import holding
from cca.load.raw import load
from cca.load.warehouse import writing
from cca.settings import Settings, child_environment
from cca.transcript.blocks import blocks_of
from cca.transcript.entry import entry_of

Make = Callable[..., dict[str, Any]]
LONG_AGO = datetime(2026, 10, 1, tzinfo=UTC)
KILLED = -9
SHARED_POINTS = [
    ("cca.lake.lake:Lake.without", 1, False),
    ("cca.lake.arrivals:ArrivalCounts.save", 1, False),
    ("cca.load.raw:_delete", 2, False),
    ("cca.load.raw:_insert", 1, True),
    ("cca.load.meta:newest_load", 2, False),
]
POINTS = {
    "parquet": [
        *SHARED_POINTS,
        ("cca.lake.parquet:ParquetStore.put", 2, True),
        ("cca.lake.manifest:write", 1, False),
        ("cca.lake.manifest:write", 1, True),
    ],
    "iceberg": [
        *SHARED_POINTS,
        ("cca.lake.iceberg:IcebergStore.put", 2, True),
        ("cca.lake.iceberg:_replace", 1, False),
        ("cca.lake.iceberg:_replace", 1, True),
        ("cca.lake.iceberg:_replace", 2, True),
        ("cca.lake.iceberg:IcebergStore._heads", 1, True),
    ],
}


class Crasher:
    """A process for each job: forks of one that has threads may hang."""

    def run(self, settings: Settings, window: Window, point: tuple[str, int, bool]) -> int:
        named = ("cca_home", "claude_dir", "mongo_uri", "mongo_db", "storage_format")
        job = {
            "settings": {name: str(getattr(settings, name)) for name in named},
            "window": window.to_dict(),
            **dict(zip(("point", "nth", "after"), point, strict=True)),
        }
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("crasher.py"))],
            input=json.dumps(job), text=True, capture_output=True, timeout=60, check=False,
            env=child_environment({}),
        )  # fmt: skip
        return done.returncode


@pytest.fixture
def crasher() -> Crasher:
    return Crasher()


def some_documents(
    chance: random.Random, document: Make, newest: datetime, number: int
) -> list[dict[str, Any]]:
    """Documents of a few days, with one block each or none, that came in the last minutes."""
    kinds = ({"type": "user", "message": {"content": "hi"}}, {"type": "mode", "mode": "plan"})
    return [
        document(
            dict(chance.choice(kinds)),
            eventAt=LONG_AGO + timedelta(hours=chance.randrange(72)),
            # A run sees ten minutes before its mark, and a slow machine takes some of them.
            ingestedAt=newest - timedelta(seconds=chance.randrange(240)),
        )
        for _ in range(number)
    ]


def archived(collection: Collection[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """Entries and keys of blocks, by MongoDB."""
    entries, blocks = [], []
    for one in collection.find():
        entry = entry_of(one)
        entries.append((one["_id"], rest_of(entry).decode()))
        blocks += [(one["_id"], index) for index, _ in enumerate(blocks_of(entry))]
    return sorted(entries), sorted(blocks)


def in_lake(settings: Settings) -> tuple[list[Any], list[Any]]:
    """The same by the lake, read with no dedupe."""
    columns = {"conversations": ["_id", "rest_json"], "content_blocks": ["_id", "block_index"]}
    with holding(settings) as lake:
        files = lake.read().files
        found = [
            sorted(
                tuple(row.values())
                for file in files
                if file.dataset == dataset
                for row in lake.table(file, names).to_pylist()
            )
            for dataset, names in columns.items()
        ]
    return found[0], found[1]


def keys(found: tuple[list[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
    """The same without what the entries say."""
    return [(one,) for one, _ in found[0]], found[1]


def in_raw(settings: Settings) -> tuple[list[Any], list[Any]]:
    """Ids and keys by the raw tables, which leave the whole entries in the lake."""
    with writing(settings) as warehouse:
        return (
            sorted(warehouse.execute("select _id from raw.conversations").fetchall()),
            sorted(warehouse.execute("select _id, block_index from raw.content_blocks").fetchall()),
        )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("storage_format", ["parquet", "iceberg"])
def test_every_crash_is_healed_by_the_next_run(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    crasher: Crasher,
    storage_format: str,
) -> None:
    settings = settings.model_copy(update={"storage_format": storage_format})
    chance = random.Random(5)
    newest = server_time(collection) - timedelta(minutes=1)
    collection.insert_many(some_documents(chance, document, newest, 30))
    extract(settings, settings.mongo_uri, Window("incremental"))
    load(settings)
    windows = (Window("incremental"), backfill(LONG_AGO, None), Window("full"))
    for number, point in enumerate(POINTS[storage_format]):
        # They came a while ago: the incremental runs find them as late ones only.
        newest = server_time(collection) - timedelta(minutes=1)
        collection.insert_many(some_documents(chance, document, newest, 5))
        if number % 2:
            collection.delete_one({"type": "mode"})
        before = in_lake(settings)
        window = windows[number % len(windows)]
        assert crasher.run(settings, window, point) == KILLED, point
        assert in_lake(settings) in (before, archived(collection)), point
        load(settings)
        assert in_raw(settings) == keys(in_lake(settings)), point
        assert crasher.run(settings, window, ("", 0, False)) == 0
        assert in_lake(settings) == archived(collection), point
        assert in_raw(settings) == keys(archived(collection)), point


@pytest.mark.timeout(300)
@pytest.mark.parametrize("storage_format", ["parquet", "iceberg"])
@pytest.mark.parametrize("seed", range(2))
def test_random_windows_crashes_and_late_documents_come_to_what_mongodb_has(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    crasher: Crasher,
    storage_format: str,
    seed: int,
) -> None:
    settings = settings.model_copy(update={"storage_format": storage_format})
    chance = random.Random(seed)
    newest = server_time(collection) - timedelta(minutes=1)
    for _ in range(6):
        number = chance.randrange(1, 25)
        collection.insert_many(some_documents(chance, document, newest, number))
        start = LONG_AGO + timedelta(hours=chance.randrange(60))
        window = chance.choice(
            [
                Window("incremental"),
                backfill(start, start + timedelta(hours=chance.randrange(1, 30))),
                backfill(None, start),
                Window("full"),
            ]
        )
        point = chance.choice([*POINTS[storage_format], ("", 0, False)])
        crasher.run(settings, window, point)
        before = in_lake(settings)
        assert len(before[0]) == len({_id for _id, _ in before[0]})
    # Everything came within ten minutes before the mark: no full backfill is needed.
    extract(settings, settings.mongo_uri, Window("incremental"))
    load(settings)
    assert in_lake(settings) == archived(collection)
    assert in_raw(settings) == keys(archived(collection))
    by_steps = _raw_rows(settings)
    extract(settings, settings.mongo_uri, Window("full"))
    load(settings, full_refresh=True)
    assert _raw_rows(settings) == by_steps


def _raw_rows(settings: Settings) -> list[Any]:
    with writing(settings) as warehouse:
        return [
            warehouse.execute(
                f"select * exclude (lake_file, load_seq) from raw.{name} order by all"
            ).fetchall()
            for name in ("conversations", "content_blocks", "rejects")
        ]
