"""Every question answers, and its answer is what its chart draws."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cca.dashboards.metabase.boards import BOARDS_DIR, GRID_COLUMNS, load_boards
from cca.dashboards.metabase.payloads import title
from cca.dashboards.metabase.preview import page
from cca.dashboards.metabase.sql import problems, with_filters
from cca.errors import SettingError
from cca.gold.open import open_gold
from cca.settings import PROJECT_DIR, Settings

BOARDS = load_boards()


def test_every_question_runs_on_a_gold_file_with_and_without_its_filters(
    gold_home: Settings,
) -> None:
    assert sum(len(board.questions) for board in BOARDS) >= 50
    assert problems(gold_home.gold_path, BOARDS) == []


def test_data_that_is_not_well_shows_on_the_data_health_dashboard(gold_home: Settings) -> None:
    health = {
        question.key: question
        for board in BOARDS
        for question in board.questions
        if board.key == "data_health"
    }
    with open_gold(gold_home.gold_path) as gold:
        rejected = gold.execute(with_filters(health["rejects_by_reason"], {})).fetchall()
        unpriced = gold.execute(with_filters(health["unpriced_models"], {})).fetchall()
        layers = gold.execute(with_filters(health["rows_per_layer"], {})).fetchall()
    assert [row[2] for row in rejected] == [1]
    assert [row[:2] for row in unpriced] == [("claude-unheard-of-9", 1)]
    assert {layer for layer, *_ in layers} == {"raw", "staging", "intermediate", "marts"}


def test_broken_questions_are_found(gold_home: Settings, tmp_path: Path) -> None:
    board = yaml.safe_load((BOARDS_DIR / "code_changes.yaml").read_text())
    number, *_, chart = board["questions"]
    number["sql"] = "select 1 as a, 2 as b where {{day}}"
    chart["y"] = ["no_such_column"]
    board["questions"] = [
        {**number, "sql": "select 1 as a, 2 as b"},
        {**number, "key": "empty", "sql": "select 1 as a where false"},
        {**number, "key": "aliased", "sql": "select 1 as a from marts.fct_file_operations as f "
         "where true [[and {{day}}]] limit 1"},
        chart,
    ]  # fmt: skip
    (tmp_path / "broken.yaml").write_text(yaml.safe_dump(board | {"filters": chart_tags(chart)}))
    found = problems(gold_home.gold_path, load_boards(tmp_path))
    assert {problem.question for problem in found} == {
        number["key"], "empty", "aliased", chart["key"],
    }  # fmt: skip


def chart_tags(question: dict) -> list[str]:
    return sorted(set(re.findall(r"\{\{(\w+)\}\}", question["sql"])) | {"day"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chart": "fireworks"}, "questions.lines_added.chart"),
        ({"colour": "red"}, "questions.lines_added.colour"),
        ({"sql": "select {{moon}}"}, "unknown filter"),
        ({"size": "30x2"}, "24 columns wide"),
        ({"key": "changes"}, "two questions have the key"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_question(
    tmp_path: Path, change: dict, said: str
) -> None:
    board = yaml.safe_load((BOARDS_DIR / "code_changes.yaml").read_text())
    board["questions"][0] |= change
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(board))
    with pytest.raises(SettingError, match=said) as raised:
        load_boards(tmp_path)
    assert str(tmp_path / "mine.yaml") in str(raised.value)


def test_filters_fall_away_or_narrow_by_the_full_name_of_the_column() -> None:
    question = next(q for board in BOARDS for q in board.questions if board.key == "usage_and_cost")
    assert "[[" not in with_filters(question, {})
    assert "where true" in with_filters(question, {})
    narrowed = with_filters(question, {"host": "o'brien"})
    assert """and "marts"."fct_api_messages"."host" = 'o''brien'""" in narrowed


def test_columns_have_titles_for_people() -> None:
    named = {
        "cost_usd": "Cost",
        "usd_per_hour": "USD per hour",
        "budget_usd": "Budget (USD)",
        "p50_seconds": "Median seconds",
        "started_at_utc": "Started at (UTC)",
        "mcp_tool": "MCP tool",
        "host": "Machine",
    }
    assert {name: title(name) for name in named} == named


def test_the_preview_draws_every_card_without_a_metabase(
    gold_home: Settings, tmp_path: Path, chromium: Any
) -> None:
    """In a browser: a number, a chart or a table for each question that has an answer."""
    path = tmp_path / "boards.html"
    path.write_text(page(gold_home.gold_path, BOARDS))
    errors: list[str] = []
    opened = chromium.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(path.as_uri())
    drawn = opened.locator(".card:has(canvas, table, .number)").count()
    text = opened.locator("body").inner_text()
    opened.close()
    empty = sum(bool(question.may_be_empty) for board in BOARDS for question in board.questions)
    assert errors == []
    assert drawn >= sum(len(board.questions) for board in BOARDS) - empty
    assert "Success rate" in text


def test_dashboards_leave_no_holes() -> None:
    """Rows of cards are full: the last card of a row ends at the grid's edge."""
    for board in BOARDS:
        width = 0
        for question in board.questions:
            width += question.width
            assert width <= GRID_COLUMNS, (board.key, question.key)
            width %= GRID_COLUMNS


def test_everything_the_questions_read_is_named_in_the_exposure() -> None:
    text = (PROJECT_DIR / "dbt" / "models" / "_exposures.yml").read_text()
    exposures = {each["name"]: each for each in yaml.safe_load(text)["exposures"]}
    named = set(re.findall(r"'(\w+)'", " ".join(exposures["metabase"]["depends_on"])))
    read = {
        table
        for board in BOARDS
        for question in board.questions
        for table in re.findall(r"\bmarts\.(\w+)\b(?!\.)", question.sql)
    }
    assert read - {name.split(".")[0] for name in named} == set()
    assert named == read
