"""The queries of docs/gold.md run over the sample and answer what was counted while it was made."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from cca.demo.generate import generate
from cca.gold.measures.causes import BY_KIND
from cca.gold.measures.select import select
from cca.gold.measures.usage import API_MESSAGES, COST_USD
from cca.transform.build import transform
from cca.transform.dictionary import questions
from tests.dbt.rows import build_settings, write_raw
from tests.dbt.transcripts import rows_of_transcripts

Truth = dict[str, Any]
Ask = Callable[[str], list[dict[str, Any]]]
QUESTIONS = {each["key"]: each["sql"] for each in questions()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Truth, Ask]:
    """The truth of a sample, and what runs a query as `cca query` would."""
    home = tmp_path_factory.mktemp("questions")
    truth = generate(home / "sample", sessions=12, seed=5, until=date(2026, 11, 20)).as_json()
    settings = build_settings(home)
    write_raw(settings, *rows_of_transcripts(home / "sample" / "projects"))
    transform(settings)

    def ask(sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
            answer = warehouse.execute(f"use marts; {sql}")
            names = [column[0] for column in answer.description]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    return truth, ask


@pytest.mark.parametrize("key", QUESTIONS)
def test_each_question_has_an_answer(built: tuple[Truth, Ask], key: str) -> None:
    assert built[1](QUESTIONS[key])


def test_fifteen_questions_and_more_are_answered() -> None:
    assert len(QUESTIONS) == len(questions()) >= 15


@pytest.mark.parametrize(
    "key", ["month", "developer", "model_and_week", "hours", "category", "pull_request"]
)
def test_what_is_spent_adds_up_to_everything(built: tuple[Truth, Ask], key: str) -> None:
    truth, ask = built
    assert sum(row["usd"] for row in ask(QUESTIONS[key])) == _usd(truth["totals"])


def test_prompts_cost_everything_with_their_subagents(built: tuple[Truth, Ask]) -> None:
    truth, ask = built
    found = ask("select sum(cost_usd) as usd, sum(subagent_cost_usd) as subagents from fct_prompts")
    assert found[0]["usd"] == _usd(truth["totals"])
    agents = (_usd(row) for name, row in truth["by_agent"].items() if name != "none")
    assert found[0]["subagents"] == sum(agents) > 0


def test_skills_and_mcp_servers_cost_what_was_counted(built: tuple[Truth, Ask]) -> None:
    truth, ask = built
    parts = {"skill": "by_skill", "plugin": "by_plugin", "mcp_server": "by_mcp"}
    made = {
        (kind, name): _usd(row)
        for kind, part in parts.items()
        for name, row in truth[part].items()
        if name != "none"
    }
    found = ask(QUESTIONS["skill_and_mcp"])
    assert {(row["cause_kind"], row["cause"]): row["usd"] for row in found} == made


def test_a_pull_request_costs_what_was_counted(built: tuple[Truth, Ask]) -> None:
    truth, ask = built
    found = ask("select pull_request, cost_usd, git_branch from fct_pull_requests")
    made = {name: _usd(row) for name, row in truth["by_pull_request"].items() if name != "none"}
    assert {row["pull_request"]: row["cost_usd"] for row in found} == made
    assert made


def test_subagents_belong_to_prompts(built: tuple[Truth, Ask]) -> None:
    found = built[1](QUESTIONS["subagent"])
    named = [row for row in found if row["agent"] == "Explore"]
    assert named
    assert all(row["task_category"] for row in named)


@pytest.mark.parametrize("kind", BY_KIND)
def test_the_table_of_causes_counts_as_its_measures_do(built: tuple[Truth, Ask], kind: str) -> None:
    _, ask = built
    made = ask(select([API_MESSAGES, COST_USD], [kind]))
    found = ask(
        f"select cause as {kind}, sum(api_messages)::bigint as api_messages, "
        f"sum(cost_usd) as cost_usd from agg_cost_by_cause where cause_kind = '{kind}' group by 1"
    )
    assert {tuple(row.values()) for row in found} == {tuple(row.values()) for row in made}


def test_the_table_has_the_kinds_of_causes_that_there_are(built: tuple[Truth, Ask]) -> None:
    found = built[1]("select distinct cause_kind from agg_cost_by_cause")
    assert {row["cause_kind"] for row in found} == set(BY_KIND)


def _usd(row: dict[str, str]) -> Decimal:
    return Decimal(row["cost_usd"])
