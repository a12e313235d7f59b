"""The sample conversations come to the totals that were counted while they were made."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include.demo.generate import generate
from include.transform.dbt import transform
from include.usage.reports import MEASURES, report
from tests.dbt.rows import build_settings, reader, write_raw
from tests.dbt.transcripts import HOST, rows_of_transcripts

Truth = dict[str, Any]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Truth, Path, Callable[[str], Any]]:
    home = tmp_path_factory.mktemp("demo")
    truth = generate(home / "sample", sessions=12, seed=5, until=date(2026, 11, 20)).as_json()
    settings = build_settings(home)
    write_raw(settings, *rows_of_transcripts(home / "sample" / "projects"))
    transform(settings)
    return truth, settings.warehouse_path, reader(settings)


def _figures(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(Decimal(str(row[measure])) for measure in MEASURES)


def _here(key: str) -> str:
    """A session whose path names none carries the machine's name."""
    return key.replace("{host}", HOST)


@pytest.mark.parametrize(
    ("kind", "name", "part"),
    [
        ("daily", "day", "by_day"),
        ("model", "model", "by_model"),
        ("project", "project_id", "by_project"),
        ("session", "session_id", "by_session"),
    ],
)
def test_usage_is_what_was_made(
    built: tuple[Truth, Path, Any], kind: str, name: str, part: str
) -> None:
    truth, warehouse, _ = built
    made = report(warehouse, kind)
    assert {str(row[name]): _figures(row) for row in made.rows} == {
        _here(key): _figures(row) for key, row in truth[part].items()
    }
    assert _figures(made.totals) == _figures(truth["totals"])


def test_messages_prompts_and_calls_are_those_that_were_made(
    built: tuple[Truth, Path, Any],
) -> None:
    totals, _, query = built[0]["totals"], *built[1:]
    assert query(
        "select count(*) filter (role = 'user'), count(*) filter (role = 'assistant'), "
        "count(*) filter (is_human_prompt) from marts.fct_messages"
    ) == [(totals["user_messages"], totals["assistant_messages"], totals["human_prompts"])]
    assert query(
        "select count(*), count(*) filter (is_error), sum(lines_added), sum(lines_removed) "
        "from marts.fct_tool_calls"
    ) == [tuple(totals[f] for f in ("tool_calls", "tool_errors", "lines_added", "lines_removed"))]


def test_titles_are_those_that_were_given_last(built: tuple[Truth, Path, Any]) -> None:
    truth, _, query = built
    titles = dict(query("select session_id, title from marts.dim_sessions"))
    assert {key: titles[_here(key)] for key in truth["titles"]} == truth["titles"]
