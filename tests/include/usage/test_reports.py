"""Usage reports add up, filter and print what the contract says."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from cca.cli import cca
from cca.cli.usage import usage
from cca.errors import NotFound, SettingError
from cca.gold.measures.causes import CAUSES, NONE, Cause
from cca.settings import Settings, get_settings
from cca.usage import render, table
from cca.usage.kinds import KINDS
from cca.usage.projects import known_project
from cca.usage.reports import NAMES, report

Keys = list[tuple[str, int]]


@pytest.mark.parametrize(
    ("kind", "name", "rows"),
    [
        ("daily", "day", [(date(2026, 11, 1), 100), (date(2026, 11, 2), 10), (date(2026, 11, 9), 1),
                          (date(2026, 12, 1), 1)]),
        ("weekly", "week", [(date(2026, 10, 26), 100), (date(2026, 11, 2), 10),
                            (date(2026, 11, 9), 1), (date(2026, 11, 30), 1)]),
        ("monthly", "month", [("2026-11", 111), ("2026-12", 1)]),
        ("model", "model", [("opus", 110), ("haiku", 1), ("new", 1)]),
        ("project", "project_id", [("-a", 110), ("-b", 2)]),
        ("host", "host", [("laptop", 110), ("desktop", 2)]),
        ("session", "session_id", [("s1", 110), ("s2", 2)]),
    ],
)  # fmt: skip
def test_each_kind_groups_by_its_dimension(
    gold: Settings, kind: str, name: str, rows: Keys
) -> None:
    made = report(gold.gold_path, kind)
    assert [(row[name], row["input_tokens"]) for row in made.rows] == rows
    assert made.totals["input_tokens"] == 112
    assert made.totals["cost_usd"] == Decimal("0.30000001")


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.report)
def test_a_report_of_a_cause_counts_every_response_once(gold: Settings, cause: Cause) -> None:
    made = report(gold.gold_path, cause.report)
    assert sum(row["input_tokens"] for row in made.rows) == made.totals["input_tokens"] == 112
    assert sum(row["cost_usd"] for row in made.rows) == made.totals["cost_usd"]
    assert NONE in {row[cause.kind] for row in made.rows}


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("skill", [("none", 12), ("notes", 100)]),
        ("mcp-tool", [("none", 12), ("db/query", 100)]),
        ("agent", [("none", 111), ("not said", 1)]),
        ("pr", [("none", 12), ("me/a#1", 100)]),
    ],
)
def test_causes_are_named_and_the_rest_counts_as_none(
    gold: Settings, kind: str, rows: Keys
) -> None:
    made = report(gold.gold_path, kind)
    assert [(row[made.dimensions[0]], row["input_tokens"]) for row in made.rows] == rows


def test_a_pull_request_is_shown_with_its_branch_and_its_address(gold: Settings) -> None:
    made = report(gold.gold_path, "pr")
    assert made.dimensions == ("pull_request", "git_branch", "url")
    assert (made.rows[1]["git_branch"], made.rows[1]["url"]) == ("feat/x", "https://x/1")


def test_the_command_offers_each_report_that_there_is() -> None:
    assert tuple(usage.params[0].type.choices) == KINDS
    assert {each.report for each in CAUSES} <= set(KINDS)


def test_tools_are_those_that_a_model_called(gold: Settings) -> None:
    made = report(gold.gold_path, "tools", model="opus")
    assert [row["tool_name"] for row in made.rows] == ["Read"]


@pytest.mark.parametrize(
    ("bounds", "messages"),
    [
        ({"since": date(2026, 11, 2)}, 3),
        ({"until": date(2026, 11, 2)}, 2),
        ({"since": date(2026, 11, 2), "until": date(2026, 11, 9)}, 2),
        ({"project": "-a"}, 2),
        ({"model": "opus"}, 2),
        ({"project": "/home/me/a"}, 2),
        ({"project": "-none"}, 0),
        ({"host": "laptop"}, 2),
        ({"host": "laptop", "project": "-b"}, 0),
    ],
)
def test_bounds_are_inclusive_and_a_project_is_named_by_folder_or_path(
    gold: Settings, bounds: dict[str, date | str], messages: int
) -> None:
    made = report(gold.gold_path, "daily", **bounds)
    assert made.totals["api_messages"] == messages
    assert sum(row["api_messages"] for row in made.rows) == messages


def test_unknown_project_is_no_silent_zero(gold: Settings) -> None:
    assert known_project(gold.gold_path, "a") == "/home/me/a"
    assert known_project(gold.gold_path, "/home/me/a") == "/home/me/a"
    assert known_project(gold.gold_path, "-a") == "-a"
    with pytest.raises(NotFound, match="no project '-aa'; near it"):
        known_project(gold.gold_path, "-aa")


def test_tools_count_success_among_calls_that_ran(gold: Settings) -> None:
    made = report(gold.gold_path, "tools")
    assert [tuple(row.values()) for row in made.rows] == [
        ("Read", "file read", 3, 1, 1, 1, 0, 0.5, 200.0, 290.0),
        ("Bash", "shell", 1, 0, 0, 0, 1, None, None, None),
    ]
    assert made.totals["calls"] == 4
    # Each call is one of four things, so that they add up.
    four = ("successes", "failed", "rejected", "pending")
    assert sum(made.totals[name] for name in four) == 4
    filtered = report(gold.gold_path, "tools", since=date(2026, 11, 2), project="-b")
    assert filtered.totals["calls"] == 2


def test_the_open_block_shows_where_it_is_heading_and_others_do_not(gold: Settings) -> None:
    now = datetime(2026, 11, 2, 13, tzinfo=UTC)
    made = report(gold.gold_path, "blocks", now=now)
    # From the last message at 12:00 three hours are left, at 2 USD each.
    assert [(row["is_active"], row["projected_usd"]) for row in made.rows] == [
        (False, None), (True, 10.0),
    ]  # fmt: skip
    assert made.totals["input_tokens"] == 30
    later = report(gold.gold_path, "blocks", since=date(2026, 11, 2), now=now)
    assert (later.totals["cost_usd"], len(later.rows)) == (Decimal(4), 1)


@pytest.mark.parametrize("only", [{"project": "-a"}, {"host": "laptop"}])
def test_blocks_of_one_project_or_machine_are_refused(gold: Settings, only: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="leave out --project, --host and --model"):
        report(gold.gold_path, "blocks", **only)


def test_one_machine_can_be_asked_for_and_an_unknown_one_is_no_silent_zero(run) -> None:
    asked = json.loads(run("usage", "daily", "--host", "desktop", "--json").stdout)
    assert asked["totals"]["input_tokens"] == 2
    unknown = run("usage", "--host", "desctop")
    assert "no machine 'desctop'; near it: desktop" in str(unknown.exception)


def test_json_holds_rows_and_totals_with_integers_and_eight_places(gold: Settings) -> None:
    content = json.loads(render.as_json(report(gold.gold_path, "daily")))
    assert list(content["rows"][0]) == ["day", *NAMES]
    assert list(content["totals"]) == list(NAMES)
    assert content["rows"][0] == {
        "day": "2026-11-01", "api_messages": 1, "input_tokens": 100, "output_tokens": 2,
        "cache_write_5m_tokens": 3, "cache_write_1h_tokens": 4, "cache_read_tokens": 5,
        "cost_usd": 0.00000001, "cost_usd_with_web_search": 0.01000001,
    }  # fmt: skip
    assert content["totals"]["cost_usd"] == 0.30000001
    assert content["unpriced_models"] == ["new"]


@pytest.fixture
def run(gold: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CCA_HOME", str(gold.cca_home))
    get_settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(cca, arguments)
    get_settings.cache_clear()


def test_the_table_cuts_no_number_and_names_models_without_a_price(run) -> None:
    result = run("usage", "session")
    assert result.exit_code == 0
    total = next(line for line in result.output.splitlines() if line.strip().startswith("total"))
    assert total.split() == ["total", "4", "112", "8", "28", "20", "0.30000001", "0.34000001"]
    assert "First [bold]title" in result.output
    assert "Not fully priced: new" in result.stderr


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("tools", "Read", ["total", "4", "1", "1", "1", "50.0", "0.20", "0.29"]),
        ("blocks", "2026-11-01T10:00:00Z", ["total", "5", "30", "2", "4", "2", "5.00000000"]),
    ],
)
def test_tools_and_blocks_are_aligned_tables_with_totals(
    run, kind: str, first: str, last: list[str]
) -> None:
    result = run("usage", kind)
    assert first in result.output
    totals = next(line for line in result.output.splitlines() if line.strip().startswith("total"))
    assert totals.split() == last
    rows = json.loads(run("usage", kind, "--json").stdout)["rows"]
    assert len(run("usage", kind, "--csv").stdout.splitlines()) == len(rows) + 1 == 3


def test_csv_has_a_line_for_each_row(run) -> None:
    lines = run("usage", "monthly", "--csv").stdout.splitlines()
    assert lines[0] == ",".join(["month", *NAMES])
    assert lines[1] == "2026-11,3,111,6,9,12,15,0.30000001,0.33000001"


def test_the_command_takes_bounds(run) -> None:
    result = run("usage", "--since", "2026-11-02", "--until", "2026-11-09", "--json")
    assert json.loads(result.stdout)["totals"]["api_messages"] == 2


def test_before_the_first_publish_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cca pipeline"):
        report(tmp_path / "current.duckdb", "daily")


def test_an_unknown_kind_is_refused(gold: Settings) -> None:
    with pytest.raises(SettingError, match="yearly"):
        report(gold.gold_path, "yearly")


def test_limits_are_the_windows_that_were_read_and_where_the_open_ones_lead(
    gold: Settings,
) -> None:
    at = datetime(2026, 11, 2, 12, tzinfo=UTC)
    made = report(gold.gold_path, "limits", now=at)
    assert [
        (row["limit_name"], row["is_active"], row["used_percentage"], row["expected_percentage"])
        for row in made.rows
    ] == [("seven_day", True, 25, 25 + 5 * 96), ("five_hour", True, 40, 100)]
    later = report(gold.gold_path, "limits", date(2026, 11, 1), now=at.replace(day=3))
    assert [(row["is_active"], row["expected_percentage"]) for row in later.rows] == [(False, None)]
    out = Console(file=StringIO(), width=200, force_terminal=True)
    table.print_table(made, out)
    assert "used %" in out.file.getvalue()
    assert "total" not in out.file.getvalue()
    assert json.loads(render.as_json(made))["rows"][0]["usd_per_percent"] == 0.08
    with pytest.raises(SettingError, match="whole account"):
        report(gold.gold_path, "limits", host="laptop")
