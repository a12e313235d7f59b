"""How the nodes of builds went is kept over builds and over a new warehouse."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from cca.settings import Settings
from cca.transform import results
from cca.transform.nodes import NodeDone
from tests.dbt.rows import build_settings, run, write_raw

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
NODES = (
    NodeDone("m", "model", "success", 0.5, "model.cca.m"),
    NodeDone("v", "model", "success", 0.1, "model.cca.v"),
    NodeDone("t", "test", "fail", 0.2, "test.cca.t", failures=3),
    NodeDone("e", "exposure", "no-op", 0.0, "exposure.cca.e"),
)
KEPT = "select node, kind, status, seconds, row_count, failures from meta.node_runs order by node"


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    settings = build_settings(tmp_path)
    write_raw(settings, [], [])
    run(settings, "create schema marts")
    run(settings, "create table marts.m as select unnest([1, 2]) as n")
    run(settings, "create view marts.v as select 1 as n")
    return settings


def test_a_build_is_kept_with_the_rows_of_its_tables(shop: Settings) -> None:
    results.record(shop, NODES, NOW, is_repeated=False)
    assert run(shop, KEPT) == [
        ("m", "model", "success", 0.5, 2, None),
        ("t", "test", "fail", 0.2, None, 3),
        ("v", "model", "success", 0.1, None, None),
    ]


def test_old_builds_go_and_the_rest_stays(shop: Settings) -> None:
    for days in (0, results.KEPT_DAYS - 1, results.KEPT_DAYS + 1):
        results.record(shop, NODES, NOW + timedelta(days=days), is_repeated=days > 0)
    builds = "select distinct is_repeated, began_at = $1 from meta.node_runs"
    with duckdb.connect(str(shop.warehouse_path)) as warehouse:
        later = NOW + timedelta(days=results.KEPT_DAYS - 1)
        found = warehouse.execute(builds, [later]).fetchall()
    assert sorted(found) == [(True, False), (True, True)]


def test_a_build_of_nothing_is_none(shop: Settings) -> None:
    results.record(shop, (), NOW, is_repeated=False)
    assert run(shop, "select count(*) from meta.node_runs") == [(0,)]


def test_a_new_warehouse_gets_back_what_was_kept(shop: Settings) -> None:
    results.record(shop, NODES, NOW, is_repeated=True)
    history, before = results.kept(shop), run(shop, "from meta.node_runs")
    shop.warehouse_path.unlink()
    results.put_back(shop, history)
    assert run(shop, "from meta.node_runs") == before


def test_a_warehouse_that_cannot_be_read_keeps_nothing(shop: Settings) -> None:
    assert results.kept(build_settings(shop.cca_home / "elsewhere")) == []
    shop.warehouse_path.write_bytes(b"no warehouse" * 1000)
    assert results.kept(shop) == []
