"""SQL over gold reads the marts and nothing else."""

import json
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from cca.cli import cca
from cca.errors import NotFound, WarehouseError
from cca.settings import Settings, get_settings
from cca.usage.query import as_csv, as_json, ask


def test_json_holds_columns_and_rows_with_times_in_utc(gold: Settings) -> None:
    answer = ask(
        gold.gold_path,
        "select session_id, started_at, date '2026-11-01' as day, 0.1::decimal(18, 10) as usd, "
        "sum(1) as n, null as nothing from dim_sessions where session_id = 's1' group by all",
    )
    assert json.loads(as_json(answer)) == {
        "columns": ["session_id", "started_at", "day", "usd", "n", "nothing"],
        "rows": [
            {"session_id": "s1", "started_at": "2026-11-01T10:00:00Z", "day": "2026-11-01",
             "usd": 0.1, "n": 1, "nothing": None}
        ],
    }  # fmt: skip


def test_an_hour_on_the_clock_of_timezone_is_no_utc_time(gold: Settings) -> None:
    sql = "select started_at as hour_at, started_at from dim_sessions where session_id = 's1'"
    answer = ask(gold.gold_path, sql)
    expected = {"hour_at": "2026-11-01T10:00:00", "started_at": "2026-11-01T10:00:00Z"}
    assert json.loads(as_json(answer))["rows"] == [expected]
    assert as_csv(answer).splitlines()[1] == ",".join(expected.values())


@pytest.mark.parametrize("hour", ["hour_at", "max(hour_at)", "Hour_At + interval 1 hour"])
def test_a_local_hour_of_another_name_is_no_utc_time_either(gold: Settings, hour: str) -> None:
    rows = "(select started_at as hour_at, started_at from dim_sessions where session_id = 's1')"
    answer = ask(gold.gold_path, f"select {hour} as h, max(started_at) as started_at from {rows} "
                 "group by hour_at")  # fmt: skip
    ((local, utc),) = answer.rows
    assert str(local).startswith("2026-11-01T1")
    assert not str(local).endswith("Z")
    assert as_csv(answer).splitlines()[1].endswith(f",{utc.isoformat()}Z")


def test_csv_has_a_header_and_plain_decimals(gold: Settings) -> None:
    sql = "select 1 as a, 'x,y' as b, 0.0000550::decimal(18, 10) as c, null as d"
    assert as_csv(ask(gold.gold_path, sql)) == 'a,b,c,d\n1,"x,y",0.000055,\n'


@pytest.mark.parametrize(
    "sql",
    [
        "select * from no_such_table",
        "delete from marts.dim_sessions",
        "select * from read_text('/etc/hostname')",
        "set enable_external_access = true",
        "attach '/tmp/other.duckdb'",
    ],
)
def test_what_is_no_read_of_the_marts_is_refused(gold: Settings, sql: str) -> None:
    with pytest.raises(WarehouseError, match="the query does not run"):
        ask(gold.gold_path, sql)


@pytest.mark.parametrize("sql", ["", " ;", "select 1; select 2"])
def test_a_query_is_one_statement(gold: Settings, sql: str) -> None:
    with pytest.raises(WarehouseError, match="one SQL statement"):
        ask(gold.gold_path, sql)


def test_a_long_query_prints_its_rows_and_nothing_else(gold: Settings) -> None:
    with duckdb.connect() as usual:
        assert usual.execute("select current_setting('enable_progress_bar')").fetchone() is not None
    shown = ask(gold.gold_path, "select current_setting('enable_progress_bar')").rows
    assert shown == ((False,),)


def test_before_the_first_publish_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cca pipeline"):
        ask(tmp_path / "current.duckdb", "select 1")


def test_a_reader_that_holds_the_old_file_gets_the_new_one_next_time(gold: Settings) -> None:
    with duckdb.connect(str(gold.gold_path.resolve()), read_only=True):
        with duckdb.connect(str(gold.gold_dir / "gold-2.duckdb")) as newer:
            newer.execute("create schema marts; create table marts.dim_sessions as select 2 as n")
        gold.gold_path.unlink()
        gold.gold_path.symlink_to("gold-2.duckdb")
        assert ask(gold.gold_path, "select n from dim_sessions").rows == ((2,),)


def test_the_command_prints_json_and_says_one_clear_line_when_the_sql_is_wrong(
    gold: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCA_HOME", str(gold.cca_home))
    get_settings.cache_clear()
    try:
        good = CliRunner().invoke(cca, ["query", "select 1 as a", "--format", "json"])
        assert json.loads(good.stdout) == {"columns": ["a"], "rows": [{"a": 1}]}
        assert isinstance(CliRunner().invoke(cca, ["query", "selct"]).exception, WarehouseError)
    finally:
        get_settings.cache_clear()
