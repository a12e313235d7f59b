"""Both formats give the same warehouse, mart by mart, and a past moment can be built beside it."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cca import pipeline, time_travel
from cca.demo.generate import generate
from cca.doctor.reconcile import reconcile
from cca.extract.rebuild import rebuild_lake
from cca.extract.window import Window
from cca.lake import snapshots
from cca.load.raw import load
from cca.load.warehouse import writing
from cca.settings import Settings
from cca.sync_agent.agent import sync_once

RAW_ONLY = ("lake_file", "load_seq")
# These tell when and how something ran.
OF_RUNS = ("lake_files", "loads", "builds", "fct_build_results")


def tables(connection: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_schema = ? "
        "and table_catalog = 'left' order by 1",
        [schema],
    ).fetchall()
    return [name for (name,) in rows]


def differences(left: Path, right: Path, schema: str) -> dict[str, Any]:
    """Rows that only one of two warehouses has, counted with repeats, of each table."""
    wrong = {}
    with duckdb.connect() as both:
        both.execute(f"attach '{left}' as \"left\" (read_only)")
        both.execute(f"attach '{right}' as \"right\" (read_only)")
        names = [name for name in tables(both, schema) if name not in OF_RUNS]
        for name in names:
            columns = [
                row[0]
                for row in both.execute(f'describe "left".{schema}.{name}').fetchall()
                if row[0] not in RAW_ONLY
            ]
            chosen = ", ".join(f'"{column}"' for column in columns)
            only = [
                both.execute(
                    f"select count(*) from (select {chosen} from {one}.{schema}.{name} "
                    f"except all select {chosen} from {other}.{schema}.{name})"
                ).fetchall()[0][0]
                for one, other in (('"left"', '"right"'), ('"right"', '"left"'))
            ]
            if any(only):
                wrong[name] = only
        assert len(names) >= 3
    return wrong


@pytest.mark.timeout(240)
def test_parquet_and_iceberg_agree_in_every_mart_and_the_past_is_built_elsewhere(
    settings: Settings, tmp_path: Path
) -> None:
    generate(tmp_path / "sample", 4, 7, date(2026, 11, 1))
    settings = settings.model_copy(update={"claude_dir": str(tmp_path / "sample" / "projects")})
    other = settings.model_copy(
        update={"cca_home": tmp_path / "iceberg", "storage_format": "iceberg"}
    )
    sync_once(settings, settings.mongo_uri)
    options = pipeline.Options(Window("incremental"))
    for one in (settings, other):
        assert pipeline.run(one, settings.mongo_uri, options).gold is not None
        assert pipeline.run(one, settings.mongo_uri, options).gold is None
        assert [check for check in reconcile(one, settings.mongo_uri) if check.status != "ok"] == []
    assert differences(settings.warehouse_path, other.warehouse_path, "raw") == {}
    assert differences(settings.gold_path.resolve(), other.gold_path.resolve(), "marts") == {}

    present = other.warehouse_path.stat().st_mtime_ns
    (snapshot,) = snapshots.list_all(other)
    past = time_travel.build(other, snapshot.snapshot_id, None)
    assert past.loaded.rows_added > 0
    assert other.warehouse_path.stat().st_mtime_ns == present
    assert differences(past.gold.resolve(), other.gold_path.resolve(), "marts") == {}


def test_switching_the_format_catches_up_and_brings_no_row_twice(
    settings: Settings, collection: Any, tmp_path: Path
) -> None:
    generate(tmp_path / "sample", 1, 3, date(2026, 11, 1))
    settings = settings.model_copy(update={"claude_dir": str(tmp_path / "sample" / "projects")})
    sync_once(settings, settings.mongo_uri)
    for storage_format in ("parquet", "iceberg", "parquet"):
        chosen = settings.model_copy(update={"storage_format": storage_format})
        report = rebuild_lake(chosen, settings.mongo_uri)
        assert report.documents == collection.count_documents({})
        load(chosen)
        with writing(chosen) as warehouse:
            found = warehouse.execute(
                "select count(*), count(distinct _id), max(load_seq) from raw.conversations"
            ).fetchall()
        # The same rows from other files keep the load that first brought them.
        assert found == [(report.documents, report.documents, 1)]


def test_a_broken_warehouse_and_a_broken_lake_are_rebuilt(
    settings: Settings, tmp_path: Path
) -> None:
    generate(tmp_path / "sample", 1, 3, date(2026, 11, 1))
    settings = settings.model_copy(update={"claude_dir": str(tmp_path / "sample" / "projects")})
    sync_once(settings, settings.mongo_uri)
    pipeline.run(settings, settings.mongo_uri, pipeline.Options(Window("incremental")))
    for path in settings.lake_dir.rglob("*.parquet"):
        path.unlink()
    settings.warehouse_path.write_bytes(b"no database")
    rebuild_lake(settings, settings.mongo_uri)
    pipeline.rebuild_warehouse(settings)
    assert [one for one in reconcile(settings, settings.mongo_uri) if one.status != "ok"] == []
