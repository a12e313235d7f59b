"""Real transcripts come to the tokens and the cost that are known to be true."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cca.transform.build import transform
from cca.transform.dbt import DBT_DIR
from cca.usage.reports import Report, report
from tests.dbt.rows import build_settings, write_raw
from tests.dbt.transcripts import rows_of_transcripts

CASES = [
    "A-dup-last-bigger", "B-dup-first-bigger", "C-diff-req-nonside", "D-diff-req-side",
    "E-noreq-dup", "T-req-one-side-missing", "F-1h", "G-5m", "H-fast46", "I-over200k-sonnet45",
    "J-websearch", "K-cost", "L-opus5", "M-opus55", "N-fable51", "O-sonnet55", "P-haiku55-150k",
    "Q-speednull", "R-synthetic", "S-coststate",
]  # fmt: skip
MODERN = "-home-fixture-project-a"


@pytest.fixture(scope="module")
def warehouse(shared_transcripts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One build of the modern sessions and of the twenty cases, each a project of its own."""
    settings = build_settings(tmp_path_factory.mktemp("truth"))
    entries, blocks = rows_of_transcripts(shared_transcripts / "modern-2.1.283" / "projects")
    for case in CASES:
        more = rows_of_transcripts(shared_transcripts / "dedup-cost" / case / "projects")
        entries += more[0]
        blocks += more[1]
    write_raw(settings, entries, blocks)
    transform(settings)
    return settings.warehouse_path


@pytest.fixture(scope="module")
def query(warehouse: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    def run(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return run


@pytest.mark.parametrize("case", CASES)
def test_each_rule_of_deduplication_and_pricing_gives_the_known_figures(
    case: str, warehouse: Path, shared_transcripts: Path
) -> None:
    ours = json.loads((shared_transcripts / "dedup-cost" / "expected.json").read_text())
    expected = ours["cases"][case]["ours"]
    totals = report(warehouse, "daily", project=f"-srv-{case}").totals
    assert [totals["input_tokens"], totals["output_tokens"]] == expected["input_output_tokens"]
    assert float(totals["cost_usd"]) == expected["cost_usd"]
    assert float(totals["cost_usd_with_web_search"]) == expected["cost_usd_with_web_search"]


def test_every_case_is_tested(shared_transcripts: Path) -> None:
    expected = json.loads((shared_transcripts / "dedup-cost" / "expected.json").read_text())
    assert sorted(expected["cases"]) == sorted(CASES)


def test_modern_sessions_come_to_their_known_tokens_and_cost(
    warehouse: Path, shared_transcripts: Path
) -> None:
    expected = json.loads((shared_transcripts / "modern-2.1.283" / "expected.json").read_text())
    tokens = expected["deduped_tokens"]
    assert report(warehouse, "daily", project=MODERN).totals == {
        "api_messages": expected["distinct_messages"],
        "input_tokens": tokens["input"],
        "output_tokens": tokens["output"],
        "cache_write_5m_tokens": tokens["cache_creation_5m"],
        "cache_write_1h_tokens": tokens["cache_creation_1h"],
        "cache_read_tokens": tokens["cache_read"],
        "cost_usd": Decimal("0.15464365"),
        "cost_usd_with_web_search": Decimal("0.15464365"),
    }


def test_each_session_costs_what_claude_code_wrote_down_and_a_fork_only_its_own(
    warehouse: Path, shared_transcripts: Path
) -> None:
    expected = json.loads((shared_transcripts / "modern-2.1.283" / "expected.json").read_text())
    known = {key: usd for key, usd in expected["per_session_cost_state_last"].items() if usd}
    fork = "00000000-0000-4000-8000-000000000046"
    known[fork] = expected["fork_own_cost_usd"]
    rows = report(warehouse, "session", project=MODERN).rows
    assert {row["session_id"]: float(row["cost_usd"]) for row in rows} == {
        session: round(usd, 8) for session, usd in known.items()
    }


def test_lines_changed_are_those_claude_code_wrote_down(
    query: Callable[[str], list[tuple[Any, ...]]],
) -> None:
    assert query(
        "select sum(lines_added), sum(lines_removed) from marts.fct_tool_calls "
        "where session_id = '00000000-0000-4000-8000-000000000001'"
    ) == [(3, 1)]


def test_every_report_adds_up_to_the_same_totals(warehouse: Path) -> None:
    def added(made: Report, measure: str) -> Any:
        return sum(row[measure] for row in made.rows)

    kinds = ("daily", "weekly", "monthly", "model", "project", "session")
    reports = [report(warehouse, kind) for kind in kinds]
    assert reports[0].totals["api_messages"] == 14 + 19
    for made in reports:
        for measure, total in reports[0].totals.items():
            assert added(made, measure) == total, (made.kind, measure)


def test_all_models_build_and_all_tests_pass_on_real_sessions_of_every_age(
    shared_transcripts: Path, tmp_path: Path
) -> None:
    settings = build_settings(tmp_path)
    write_raw(settings, *rows_of_transcripts(shared_transcripts / "public", is_lenient=True))
    made = transform(settings)
    assert made.models == len(list((DBT_DIR / "models").rglob("*.sql")))
    assert made.tests > 70
