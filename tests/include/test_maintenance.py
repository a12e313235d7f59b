"""Each chore does its work once, reports it, finds nothing the second time, and loses no row."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection

from cca import maintenance
from cca.extract.run import extract
from cca.extract.window import backfill
from cca.lake.lake import holding
from cca.publish.gold import KEPT_FILES
from cca.settings import Settings
from cca.sync_agent.buffer import Buffer

LONG_AGO = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture(params=["parquet", "iceberg"])
def lake_settings(
    request: pytest.FixtureRequest,
    settings: Settings,
    collection: Collection[dict[str, Any]],
) -> Settings:
    """A lake of three small files of one old date."""
    settings = settings.model_copy(update={"storage_format": request.param})
    for number in range(3):
        document: dict[str, Any] = {
            "_id": f"{number:032x}", "stream": "s", "generation": 0, "sourceOffset": number,
            "projectId": "p", "sessionKey": "s", "sourceFile": "p/s.jsonl", "host": "h",
            "eventAt": LONG_AGO + timedelta(hours=number), "ingestedAt": LONG_AGO, "type": "x",
        }  # fmt: skip
        collection.insert_one(document)
        hour = document["eventAt"]
        extract(settings, settings.mongo_uri, backfill(hour, hour + timedelta(hours=1)))
    return settings


def files_and_rows(settings: Settings) -> tuple[int, int]:
    with holding(settings) as lake:
        files = lake.read().files
    return len(files), sum(file.rows for file in files)


def test_compaction_orphans_and_expiry_leave_the_rows_alone(lake_settings: Settings) -> None:
    assert files_and_rows(lake_settings)[1] == 3
    with holding(lake_settings) as lake:
        table = lake.table(lake.read().files[0])
        stray = lake.write("conversations", LONG_AGO.date(), table)
        path = lake.store.local(stray.path)
    assert path is not None
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(path, (two_days_ago, two_days_ago))
    assert maintenance.remove_orphans(lake_settings) == maintenance.Orphans(1)
    assert maintenance.remove_orphans(lake_settings) == maintenance.Orphans(0)
    before = files_and_rows(lake_settings)[0]
    done = maintenance.compact_lake(lake_settings)
    assert (done.files_merged, done.files_written) == (before, 1 if before > 1 else 0)
    assert maintenance.compact_lake(lake_settings).files_merged == 0
    assert files_and_rows(lake_settings) == (1, 3)
    is_iceberg = lake_settings.storage_format == "iceberg"
    expired = maintenance.expire_snapshots(lake_settings, keep=timedelta(0))
    assert (expired.snapshots > 0) == is_iceberg
    assert maintenance.expire_snapshots(lake_settings, keep=timedelta(0)).snapshots == 0
    assert files_and_rows(lake_settings) == (1, 3)
    # Looking made no catalog for those who never wrote Iceberg.
    assert (lake_settings.lake_dir / "iceberg-catalog.db").exists() == is_iceberg


def test_old_gold_and_past_warehouses_go_but_never_the_published_file(settings: Settings) -> None:
    settings.gold_dir.mkdir(parents=True)
    for number in range(1, 7):
        (settings.gold_dir / f"gold-{number}.duckdb").write_bytes(b"12345")
    settings.gold_path.symlink_to("gold-2.duckdb")
    past = settings.cca_home / "time-travel"
    for name, age in (("old", 9), ("young", 1)):
        home = past / name
        home.mkdir(parents=True)
        (home / "gold.duckdb").write_bytes(b"123")
        made = (datetime.now(UTC) - timedelta(days=age)).timestamp()
        os.utime(home, (made, made))
    assert maintenance.prune_gold(settings) == maintenance.Pruned(2, 1, 13)
    left = sorted(path.name for path in settings.gold_dir.glob("gold-*"))
    assert left == [f"gold-{number}.duckdb" for number in (2, *range(7 - KEPT_FILES, 7))]
    assert [path.name for path in past.iterdir()] == ["young"]
    assert maintenance.prune_gold(settings) == maintenance.Pruned(0, 0, 0)


def test_buffer_keeps_what_waits_and_drops_what_was_delivered_long_ago(
    settings: Settings, tmp_path: Path
) -> None:
    assert maintenance.trim_buffer(settings) == maintenance.Trimmed(0, 0)
    assert not settings.buffer_path.exists()
    with Buffer(settings.buffer_path) as buffer, buffer.transaction() as connection:
        for synced in (0, 1):
            connection.execute(
                "INSERT INTO pending_entries (created_at, project_id, session_id, source_file,"
                " entry_json, entry_id, stream, generation, source_offset, event_ms, synced)"
                " VALUES ('2026-01-01T00:00:00.000Z', 'p', 's', 'f', '{}', 'e', 's', 0, 0, 0, ?)",
                (synced,),
            )
    assert maintenance.trim_buffer(settings).bytes_before > 0
    with Buffer(settings.buffer_path) as buffer:
        assert buffer.rows("SELECT synced FROM pending_entries") == [(0,)]
