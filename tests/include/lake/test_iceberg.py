"""Iceberg: other writers, the past, and what the tables look like from outside."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from pymongo.collection import Collection

from cca.cli.iceberg import iceberg as iceberg_command
from cca.errors import NotFound, SettingError
from cca.extract.run import extract
from cca.extract.window import Window, backfill
from cca.lake import catalog, erase, iceberg, snapshots
from cca.lake.compact import compact
from cca.lake.iceberg import IcebergStore
from cca.lake.lake import holding
from cca.lake.manifest import Manifest
from cca.lake.store import Commit
from cca.load.raw import load, load_state
from cca.load.warehouse import writing
from cca.records import CONVERSATIONS, DATASETS
from cca.selection import Covered, Selection
from cca.settings import Settings, get_settings
from cca.time_travel import settings_of
from tests.include.lake.rest_catalog import serving_catalog

Make = Callable[..., dict[str, Any]]
LONG_AGO = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"storage_format": "iceberg"})


def ids(settings: Settings) -> list[str]:
    with holding(settings) as lake:
        files = [file for file in lake.read().files if file.dataset == "conversations"]
        return sorted(
            value for file in files for value in lake.table(file, ["_id"])["_id"].to_pylist()
        )


def mongo_ids(collection: Collection[dict[str, Any]]) -> list[str]:
    return sorted(document["_id"] for document in collection.find({}, {"_id": 1}))


def grown(settings: Settings, collection: Collection[dict[str, Any]], document: Make) -> None:
    """Three states: 2, 5 and 9 entries."""
    for number in (2, 3, 4):
        collection.insert_many([document(eventAt=LONG_AGO) for _ in range(number)])
        extract(settings, settings.mongo_uri, Window("full"))


def test_a_commit_of_another_writer_in_between_is_kept(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection.insert_many([document(eventAt=LONG_AGO + timedelta(days=day)) for day in range(4)])
    extract(settings, settings.mongo_uri, Window("full"))
    collection.insert_many([document(eventAt=LONG_AGO + timedelta(days=day)) for day in range(4)])
    # Another machine: the same catalog and tables, but not the same lock.
    other = settings.model_copy(
        update={
            "cca_home": settings.cca_home / "other",
            "iceberg_catalog_uri": f"sqlite:///{settings.lake_dir / 'iceberg-catalog.db'}",
            "iceberg_warehouse_path": settings.iceberg_warehouse,
        }
    )
    real, meddled = iceberg._replace, []

    def meddling(table: Any, *args: Any) -> None:
        if table.name()[-1] not in meddled and len(meddled) < 3:
            meddled.append(table.name()[-1])
            if len(meddled) == 2:
                end = LONG_AGO + timedelta(days=2)
                extract(other, settings.mongo_uri, backfill(LONG_AGO, end))
        real(table, *args)

    monkeypatch.setattr(iceberg, "_replace", meddling)
    start = LONG_AGO + timedelta(days=1)
    extract(settings, settings.mongo_uri, backfill(start, None))
    assert ids(settings) == mongo_ids(collection)
    load(settings)
    with writing(settings) as warehouse:
        found = warehouse.execute("select count(*) from raw.content_blocks").fetchall()
    assert found == [(8,)]


def test_three_past_states_count_what_was_recorded_then(
    settings: Settings, collection: Collection[dict[str, Any]], document: Make
) -> None:
    grown(settings, collection, document)
    states = snapshots.list_all(settings)
    assert [state.rows for state in states] == [2, 5, 9]
    assert [state.is_current for state in states] == [False, False, True]
    for state, number in zip(states, (2, 5, 9), strict=True):
        there = settings_of(settings, state.snapshot_id)
        found = snapshots.find(settings, None, state.at)
        assert found.snapshot_id == state.snapshot_id
        with holding(settings) as lake:
            load_state(there, lake, IcebergStore(settings).at(found))
        with writing(there) as warehouse:
            counts = warehouse.execute(
                "select (select count(*) from raw.conversations), "
                "(select count(*) from raw.content_blocks)"
            ).fetchall()
        assert counts == [(number, number)]
    with pytest.raises(NotFound, match="cca iceberg snapshots"):
        snapshots.find(settings, 1, None)


def test_rollback_is_the_state_of_then_and_the_next_run_brings_the_rest(
    settings: Settings, collection: Collection[dict[str, Any]], document: Make
) -> None:
    grown(settings, collection, document)
    first = snapshots.list_all(settings)[0]
    snapshots.rollback(settings, snapshots.find(settings, first.snapshot_id, None))
    assert len(ids(settings)) == 2
    load(settings)
    with writing(settings) as warehouse:
        assert warehouse.execute("select count(*) from raw.content_blocks").fetchall() == [(2,)]
    extract(settings, settings.mongo_uri, Window("full"))
    assert ids(settings) == mongo_ids(collection)


def test_expired_states_leave_no_file_and_the_present_one_stays(
    settings: Settings, collection: Collection[dict[str, Any]], document: Make
) -> None:
    grown(settings, collection, document)
    before = len(list(Path(settings.iceberg_warehouse).rglob("data/**/*.parquet")))
    done = snapshots.expire(settings, datetime.now(UTC) + timedelta(minutes=1))
    after = list(Path(settings.iceberg_warehouse).rglob("data/**/*.parquet"))
    assert (done.snapshots, before, len(after)) == (2, 6, 2)
    assert ids(settings) == mongo_ids(collection)
    assert snapshots.expire(settings, datetime.now(UTC)).snapshots == 0


@pytest.mark.parametrize("storage_format", ["parquet", "iceberg"])
def test_small_files_of_old_dates_become_one_and_raw_sees_no_news(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    storage_format: str,
) -> None:
    settings = settings.model_copy(update={"storage_format": storage_format})
    for number in range(3):
        arrived = LONG_AGO + timedelta(days=1, hours=number)
        collection.insert_one(document(eventAt=LONG_AGO, ingestedAt=arrived))
        # A state for each, as if the hours passed.
        window = backfill(LONG_AGO, LONG_AGO + timedelta(days=1))
        extract(settings, settings.mongo_uri, window)
        collection.update_one({"ingestedAt": arrived}, {"$set": {"eventAt": LONG_AGO}})
    with holding(settings) as lake:
        (entries,) = [one for one in lake.read().files if one.dataset == "conversations"]
        table = lake.table(entries)
        day = datetime.fromisoformat(entries.date).date()
        parts = [lake.write("conversations", day, table.slice(number, 1)) for number in range(3)]

        def split(live: Any) -> Commit:
            stale = tuple(one for one in live if one.dataset == "conversations")
            return Commit(stale, tuple(parts) if stale else ())

        lake.commit(split, lake.read().coverage)
    assert load(settings).rows_added == 6
    done = compact(settings)
    assert (done.files_merged, done.files_written) == (3, 1)
    assert ids(settings) == mongo_ids(collection)
    moved = load(settings)
    assert (moved.rows_added, moved.rows_deleted, moved.load_seq) == (0, 0, 1)
    assert compact(settings).files_merged == 0


def test_tables_of_an_older_version_lose_its_whole_entries_and_their_past_is_still_read(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection.insert_one(document())
    older = [*list(CONVERSATIONS)[:-1], pa.field("entry_json", pa.string(), nullable=False)]
    with monkeypatch.context() as then:
        then.setitem(DATASETS, "conversations", pa.schema(older))
        then.setattr(catalog, "RETIRED", {})
        extract(settings, settings.mongo_uri, Window("full"))
    (before,) = snapshots.list_all(settings)
    collection.insert_one(document(eventAt=LONG_AGO))
    extract(settings, settings.mongo_uri, backfill(LONG_AGO, LONG_AGO + timedelta(days=1)))

    def rests(state: Manifest) -> list[bool]:
        files = [file for file in state.files if file.dataset == "conversations"]
        found = [lake.table(file)["rest_json"][0].as_py() for file in files]
        return sorted(rest is not None for rest in found)

    with holding(settings) as lake:
        store = IcebergStore(settings)
        assert "entry_json" not in store.tables["conversations"].schema().column_names
        assert rests(lake.read()) == [False, True]
        assert rests(store.at(snapshots.find(settings, before.snapshot_id, None))) == [False]


def test_commands_show_tables_and_drop_asks_first(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection.insert_one(document(eventAt=LONG_AGO))
    extract(settings, settings.mongo_uri, Window("full"))
    for name in ("cca_home", "mongo_db", "storage_format"):
        monkeypatch.setenv(name.upper(), str(getattr(settings, name)))
    get_settings.cache_clear()
    run = CliRunner().invoke
    try:
        info = json.loads(run(iceberg_command, ["info", "--json"]).output)
        assert [row["rows"] for row in info["rows"]] == [1, 1, 0, 0]
        assert info["totals"]["rows"] == 2
        assert "conversations" in run(iceberg_command, ["info"]).output
        shown = json.loads(run(iceberg_command, ["snapshots", "--json"]).output)
        assert shown["rows"][0]["is_current"] is True
        assert run(iceberg_command, ["drop"], input="n\n").exit_code == 1
        assert len(catalog.existing(settings)) == len(DATASETS)
        assert run(iceberg_command, ["drop", "--yes"]).exit_code == 0
        assert catalog.existing(settings) == {}
        assert run(iceberg_command, ["create"]).exit_code == 0
        assert len(catalog.existing(settings)) == len(DATASETS)
    finally:
        get_settings.cache_clear()


def test_a_catalog_that_cannot_be_opened_is_named(settings: Settings) -> None:
    wrong = settings.model_copy(update={"iceberg_catalog_uri": "nosuch://x"})
    with pytest.raises(SettingError, match="ICEBERG_CATALOG_URI"):
        catalog.ensured(wrong)


def test_files_that_are_on_no_disk_of_this_machine_are_loaded_all_the_same(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grown(settings, collection, document)

    def raw_rows() -> list[Any]:
        load(settings, full_refresh=True)
        with writing(settings) as warehouse:
            return warehouse.execute(
                "select * exclude (load_seq) from raw.conversations order by _id"
            ).fetchall()

    from_disk = raw_rows()
    monkeypatch.setattr(IcebergStore, "local", lambda *_: None)
    assert raw_rows() == from_disk
    assert len(from_disk) == 9


def test_a_rest_catalog_serves_as_well(
    settings: Settings, collection: Collection[dict[str, Any]], document: Make, tmp_path: Path
) -> None:
    with serving_catalog(tmp_path / "server") as address:
        settings = settings.model_copy(
            update={"iceberg_catalog_type": "rest", "iceberg_catalog_uri": address}
        )
        grown(settings, collection, document)
        assert ids(settings) == mongo_ids(collection)
        assert [one.rows for one in snapshots.list_all(settings)] == [2, 5, 9]
        assert load(settings).rows_added == 18
        extract(settings, settings.mongo_uri, backfill(LONG_AGO, None))
        assert ids(settings) == mongo_ids(collection)
        snapshots.rollback(settings, snapshots.find(settings, None, datetime.now(UTC)))
        assert snapshots.expire(settings, datetime.now(UTC) + timedelta(minutes=1)).snapshots == 3
        covered = Covered(Selection(host="laptop"), datetime.now(UTC))
        assert erase.erase(settings, "iceberg", covered) == 18
        assert ids(settings) == []
        assert len(catalog.drop(settings)) == len(DATASETS)
        assert catalog.existing(settings) == {}
