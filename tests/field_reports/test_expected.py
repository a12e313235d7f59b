"""What users of such tools reported: from the files to gold and search, against right values."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cca.settings import PROJECT_DIR
from tests.field_reports.conftest import Reports

FOLDER = PROJECT_DIR.parent / "shared" / "transcripts" / "field-reports"
SESSIONS = "select coalesce(sum({}), 0) from marts.dim_sessions where project_id in $slugs"
ROWS = "select {} from marts.{} where project_id in $slugs"


def _expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name / "expected.json").read_text())
    return found


def _cases(key: str) -> list[str]:
    """The cases that have transcripts and an expected value of that name."""
    paths = sorted(path.parent for path in FOLDER.glob("*/expected.json"))
    names = [path.name for path in paths if (path / "projects").is_dir()]
    return [name for name in names if key in _expected(name)]


def test_nothing_is_lost_and_nothing_is_no_row(reports: Reports) -> None:
    assert reports.synced.dead_letters == 0
    assert reports.synced.pending == 0
    assert reports.gold.execute("select count(*) from marts.agg_rejects").fetchall() == [(0,)]


@pytest.mark.parametrize("name", _cases("cost_usd"))
def test_cost(reports: Reports, name: str) -> None:
    sql = "select coalesce(sum(cost_usd), 0) from marts.fct_api_messages where project_id in $slugs"
    expected = reports.expected(name)["cost_usd"]
    assert float(reports.one(name, sql)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", _cases("models"))
def test_models(reports: Reports, name: str) -> None:
    sql = (
        "select distinct model from marts.fct_api_messages "
        "where project_id in $slugs and cost_usd > 0 order by 1"
    )
    assert [model for (model,) in reports.rows(name, sql)] == reports.expected(name)["models"]


@pytest.mark.parametrize("name", _cases("rows"))
def test_cost_of_each_response(reports: Reports, name: str) -> None:
    sql = (
        "select message_id, sum(cost_usd) from marts.fct_api_messages "
        "where project_id in $slugs group by 1"
    )
    found = {key: float(cost) for key, cost in reports.rows(name, sql)}
    expected = reports.expected(name)["rows"]
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", _cases("not_final"))
def test_partial_responses_are_named(reports: Reports, name: str) -> None:
    sql = (
        "select message_id from marts.fct_api_messages "
        "where project_id in $slugs and not is_usage_final order by 1"
    )
    assert [key for (key,) in reports.rows(name, sql)] == reports.expected(name)["not_final"]


@pytest.mark.parametrize("name", _cases("unpriced"))
def test_models_without_a_price_are_flagged(reports: Reports, name: str) -> None:
    sql = (
        "select distinct model from marts.fct_api_messages "
        "where project_id in $slugs and not is_price_known"
    )
    found = {model for (model,) in reports.rows(name, sql)}
    assert found == set(reports.expected(name)["unpriced"])


COUNTS = {
    "prompts": SESSIONS.format("prompts"),
    "compactions": SESSIONS.format("compactions"),
    "interruptions": SESSIONS.format("interruptions"),
    "errors": ROWS.format("count(*) filter (where is_failed)", "fct_tool_calls"),
    "rejections": ROWS.format("count(*) filter (where is_rejected)", "fct_tool_calls"),
    "sessions": ROWS.format("count(*)", "dim_sessions"),
    "subagents": ROWS.format("count(*)", "fct_subagents"),
    "fct_subagents": ROWS.format("count(*)", "fct_subagents"),
    "api_messages": ROWS.format("count(*)", "fct_api_messages"),
    "lines_added": ROWS.format("sum(lines_added)", "fct_file_operations"),
}


@pytest.mark.parametrize(("name", "key"), [(name, key) for key in COUNTS for name in _cases(key)])
def test_counts(reports: Reports, name: str, key: str) -> None:
    expected = reports.expected(name)
    # A case of two sessions counts the second one's prompts under a name of its own.
    more = expected.get("prompts_init", 0) if key == "prompts" else 0
    assert reports.one(name, COUNTS[key]) == expected[key] + more


@pytest.mark.parametrize("name", _cases("title"))
def test_title(reports: Reports, name: str) -> None:
    sql = "select title from marts.dim_sessions where project_id in $slugs"
    titles = [title for (title,) in reports.rows(name, sql)]
    assert reports.expected(name)["title"] in titles


@pytest.mark.parametrize("name", _cases("first_prompt"))
def test_first_prompt_is_whole(reports: Reports, name: str) -> None:
    sql = "select first_prompt from marts.dim_sessions where project_id in $slugs"
    assert reports.one(name, sql) == reports.expected(name)["first_prompt"]


def _searches() -> list[tuple[str, str]]:
    return [
        (name, text)
        for name in _cases("search")
        for text, hits in _expected(name)["search"].items()
        if isinstance(hits, int)
    ]


@pytest.mark.parametrize(("name", "text"), _searches())
def test_search(reports: Reports, find: Callable[[str, str], int], name: str, text: str) -> None:
    assert find(name, text) == reports.expected(name)["search"][text]
