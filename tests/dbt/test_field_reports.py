"""Cases that users of such tools reported, in gold; their files come from outside."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cca.transcript.slugs import slug_of
from cca.transform.build import transform
from tests.dbt.rows import build_settings, reader, write_raw
from tests.dbt.transcripts import rows_of_transcripts

Query = Callable[[str], list[tuple[Any, ...]]]

CASES = [
    "01-advisor", "03-cache-1h", "04-cache-split-zero", "06-fallback", "11-fork-btw",
    "12-workflow", "16-legacy-cost", "20-task-notification", "21-teammates", "22-thinking-only",
    "23-command-first", "26-ide", "27-hooks", "28-scheduled", "29-tags-in-prompt", "33-compaction",
    "34-rewind",
    "35-interrupted", "41-structured", "42-odd-inputs", "64-titles", "80-api-errors",
    "87-reminder-prefix",
]  # fmt: skip


@pytest.fixture(scope="module")
def query(field_reports: Path, tmp_path_factory: pytest.TempPathFactory) -> Query:
    """One warehouse of all cases; each is a project of its own."""
    settings = build_settings(tmp_path_factory.mktemp("reports"))
    entries, blocks = [], []
    for case in CASES:
        more = rows_of_transcripts(field_reports / case / "projects", is_lenient=True)
        entries += more[0]
        blocks += more[1]
    write_raw(settings, entries, blocks)
    transform(settings)
    return reader(settings)


def _expected(field_reports: Path, case: str) -> Any:
    return json.loads((field_reports / case / "expected.json").read_text(encoding="utf-8"))


def _where(case: str) -> str:
    return f"where project_id = '{slug_of(f'/srv/bugs/{case}')}'"


@pytest.mark.parametrize(
    "case",
    ["01-advisor", "03-cache-1h", "04-cache-split-zero", "06-fallback", "11-fork-btw",
     "12-workflow", "16-legacy-cost", "80-api-errors"],
)  # fmt: skip
def test_every_billed_answer_is_paid_once(query: Query, field_reports: Path, case: str) -> None:
    [(cost,)] = query(f"select sum(cost_usd) from marts.fct_api_messages {_where(case)}")
    assert float(cost or 0) == pytest.approx(_expected(field_reports, case)["cost_usd"], abs=1e-9)


@pytest.mark.parametrize("case", ["01-advisor", "06-fallback"])
def test_each_model_that_answered_is_named(query: Query, field_reports: Path, case: str) -> None:
    found = f"select distinct model from marts.fct_api_messages {_where(case)} order by model"
    assert [model for (model,) in query(found)] == sorted(_expected(field_reports, case)["models"])


@pytest.mark.parametrize(
    "case",
    ["12-workflow", "20-task-notification", "22-thinking-only", "26-ide", "27-hooks",
     "28-scheduled", "33-compaction", "34-rewind", "35-interrupted", "41-structured",
     "87-reminder-prefix"],
)  # fmt: skip
def test_a_prompt_is_a_persons(query: Query, field_reports: Path, case: str) -> None:
    [(prompts,)] = query(f"select sum(prompts) from marts.dim_sessions {_where(case)}")
    assert prompts == _expected(field_reports, case)["prompts"]


def test_teammates_give_no_prompts_and_name_a_session_in_words(query: Query) -> None:
    found = f"select title, prompts from marts.dim_sessions {_where('21-teammates')} order by 2"
    assert query(found) == [
        ("Review parser.py", 0),
        ("Create a team of two to audit the parser", 1),
    ]


def test_what_a_person_wrote_about_tags_is_whole(query: Query, field_reports: Path) -> None:
    found = f"select first_prompt from marts.dim_sessions {_where('29-tags-in-prompt')}"
    assert query(found) == [(_expected(field_reports, "29-tags-in-prompt")["first_prompt"],)]


def test_no_title_is_empty_or_of_several_lines(query: Query) -> None:
    found = f"select title from marts.dim_sessions {_where('64-titles')} order by title"
    titles = [title for (title,) in query(found)]
    assert {"Please look at this", "[Image]", "deployer"} <= set(titles)
    assert not any("\n" in title for title in titles)


def test_a_local_command_is_counted_and_is_no_prompt(query: Query) -> None:
    found = "select name, uses from marts.agg_skills_and_commands where kind = 'command'"
    assert {("clear", 1), ("review", 1)} <= set(query(found))


def test_rejections_errors_and_interruptions(query: Query, field_reports: Path) -> None:
    expected = _expected(field_reports, "35-interrupted")
    columns = "count(*) filter (where is_rejected), count(*) filter (where not is_rejected)"
    found = f"select {columns} from marts.fct_tool_calls {_where('35-interrupted')} and is_error"
    assert query(found) == [(expected["rejections"], expected["errors"])]
    sessions = f"select sum(interruptions) from marts.dim_sessions {_where('35-interrupted')}"
    assert query(sessions) == [(expected["interruptions"],)]
