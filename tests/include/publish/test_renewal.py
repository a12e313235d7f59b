"""A renewed gold file holds what the marts hold; where it cannot be renewed it is written whole."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from cca.gold import state
from cca.gold.open import reading_gold
from cca.load import meta
from cca.load.warehouse import writing
from cca.masking import mask_secrets
from cca.pipeline import publish as publish_step
from cca.publish.gold import prune, publish
from cca.publish.removed import tables_of
from cca.publish.renewal import renew
from cca.settings import Settings

SECRET = "sk-ant-api03-" + "x" * 93 + "AA"
CHANGES = {
    "a session goes on": "insert into marts.fct_calls values ('b', date '2026-11-02', 'more')",
    "a session is new": "insert into marts.fct_calls values ('d', null, 'new')",
    "a session is gone": "delete from marts.fct_calls where session_id = 'b'",
    "a row without a session": "update marts.fct_calls set prompt = 'x' where session_id is null",
    "two rows change places": "update marts.fct_calls set prompt = "
    "if(prompt = 'one', 'two', 'one') where session_id = 'b'",
    "a secret": f"update marts.fct_calls set prompt = '{SECRET}' where session_id = 'a'",
    "everything": "update marts.fct_calls set prompt = prompt || '!', day = day + 1",
    "a total": "update marts.agg_total set n = 7",
    "values of one hash": "update marts.my_lists set v = []; update marts.my_maps set v = map {}; "
    "update marts.my_structs set v = {'n': null}; "
    "delete from marts.my_gaps; insert into marts.my_gaps values (interval 30 days)",
    "a row whose name is in use": "update marts.my_rows set other = 2",
    "nothing is left": "delete from marts.fct_calls; delete from marts.agg_total",
    "nothing": "select 1",
}


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    settings = Settings(cca_home=tmp_path, _env_file=None)
    with writing(settings) as warehouse:
        meta.prepare(warehouse)
        warehouse.execute(
            "create schema marts; create table marts.fct_calls as select * from (values "
            "('a', date '2026-11-01', 'one'), ('b', date '2026-11-01', 'one'), "
            "('b', date '2026-11-02', 'two'), (null, date '2026-11-02', 'none'), "
            "('a', date '2026-11-01', 'one')) as calls (session_id, day, prompt); "
            "create view marts.agg_days as "
            "select day, count(*) as n from marts.fct_calls group by day; "
            "create table marts.agg_total as select 3 as n; "
            "create table marts.my_lists as select 'a' as session_id, null::int[] as v; "
            "create table marts.my_maps as select null::map(int, int) as v; "
            "create table marts.my_structs as select null::struct(n int) as v; "
            "create table marts.my_gaps as select interval 1 month as v; "
            "create table marts.my_rows as select 1 as each_row, true as is_new, 1 as other; "
            "comment on table marts.agg_total is 'All of them.'"
        )
    publish(settings)
    return settings


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    return {
        # Python has one value for a month and 30 days.
        name: connection.execute(
            f"select columns(*)::varchar from marts.{name} order by all"
        ).fetchall()
        for name in tables_of(connection)
    }


def in_gold(path: Path) -> dict[str, list[Any]]:
    with duckdb.connect(str(path), read_only=True) as gold:
        return contents(gold)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_renewed_file_equals_the_marts(home: Settings, tmp_path: Path, change: str) -> None:
    building = tmp_path / "renewed"
    with writing(home) as warehouse:
        warehouse.execute(change)
        assert renew(warehouse, tables_of(warehouse), home.gold_path, building)
        marts = contents(warehouse)
    assert SECRET not in str(in_gold(building))
    assert str(in_gold(building)).replace(mask_secrets(SECRET), SECRET) == str(marts)


def test_another_column_or_table_asks_for_a_whole_copy(home: Settings, tmp_path: Path) -> None:
    with writing(home) as warehouse:
        warehouse.execute("create table marts.my_own as select 1 as n")
        names = tables_of(warehouse)
        assert not renew(warehouse, names, home.gold_path, tmp_path / "one")
        warehouse.execute("drop table marts.my_own; alter table marts.agg_total add column m int")
        assert not renew(warehouse, tables_of(warehouse), home.gold_path, tmp_path / "two")
    publish(home)
    assert in_gold(home.gold_path)["agg_total"] == [("3", None)]


def test_a_damaged_file_is_followed_by_a_whole_one(home: Settings, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_bytes(home.gold_path.read_bytes()[:9000])
    with writing(home) as warehouse:
        assert not renew(warehouse, tables_of(warehouse), damaged, tmp_path / "building")


def test_what_is_gone_stays_in_a_renewed_file_and_not_in_a_whole_one(home: Settings) -> None:
    with writing(home) as warehouse:
        warehouse.execute("delete from marts.fct_calls where prompt = 'none'")
    publish(home)
    with reading_gold(home) as gold:
        stored = "select estimated_size from duckdb_tables() where table_name = 'fct_calls'"
        assert gold.execute("select count(*) from marts.fct_calls").fetchall() == [(4,)]
        assert gold.execute(stored).fetchall() == [(5,)]
    publish_step(home, is_whole=True)
    with reading_gold(home) as gold:
        assert gold.execute(stored).fetchall() == [(4,)]
        about = gold.execute("select comment from duckdb_tables() where table_name = 'agg_total'")
        assert about.fetchall() == [("All of them.",)]


def test_an_hourly_run_during_an_erasure_leaves_nothing_of_the_erased_text(home: Settings) -> None:
    text = "an embarrassing question 7f3a"
    with writing(home) as warehouse:
        warehouse.execute(f"update marts.fct_calls set prompt = '{text}' where session_id is null")
    publish(home)
    # The erasure begins; the hourly run still publishes what was built before it.
    state.update(home, load_seq=0, code_version="")
    publish(home)
    with writing(home) as warehouse:
        warehouse.execute("delete from marts.fct_calls where session_id is null")
    publish(home)
    assert text.encode() in home.gold_path.read_bytes()
    publish_step(home, is_whole=True)
    prune(home, keep=1)
    (kept,) = home.gold_dir.glob("gold-*.duckdb")
    assert text.encode() not in kept.read_bytes()
