"""Models, people, machines, projects and periods side by side."""

import csv
from pathlib import Path
from typing import Any

import pytest

from cca.dashboards.browser.numbers import (
    overview,
    spending,
    tools,
    versus,
)
from cca.dashboards.browser.numbers.cells import model_names, project_labels
from cca.dashboards.browser.numbers.choice import WITHIN, Choice
from cca.dashboards.browser.numbers.drawn import Charts
from cca.dashboards.browser.numbers.pages import numbers_page
from cca.dashboards.browser.numbers.parts import (
    Choices,
    Remark,
    Table,
    Tiles,
)
from cca.dashboards.browser.numbers.sheets import csv_of
from cca.dashboards.browser.numbers.treemap import treemap
from cca.gold.measures.select import select
from cca.gold.measures.usage import ANSWERED_SESSIONS, API_MESSAGES, CACHE_READ_TOKENS, COST_USD
from cca.settings import Settings
from tests.dashboards.browser.numbers.figures import (
    TWO_PEOPLE,
    asked,
    publish,
)


def _side_by_side(settings: Settings, choice: Choice) -> tuple[Table, dict[str, list[Any]]]:
    """The table of the page, and its values by the name of the measure."""
    sections = versus.page(asked(settings, choice))
    table = next(each for each in sections if isinstance(each, Table))
    return table, {str(row[0].text): [cell.value for cell in row[1:]] for row in table.rows}


def test_two_models_stand_side_by_side_with_their_difference(published: Settings) -> None:
    table, values = _side_by_side(published, Choice())
    (one, first), (two, second) = (
        (row["model"], row) for row in asked(published).rows(spending.grouped(""))[:2]
    )
    names = model_names([one, two])
    assert [column.name for column in table.columns[1:]] == [names[one], names[two], "Difference"]
    for measure in (COST_USD, API_MESSAGES, ANSWERED_SESSIONS, CACHE_READ_TOKENS):
        was, now = first[measure.name], second[measure.name]
        assert values[measure.label][:2] == [was, now]
        assert values[measure.label][2] == pytest.approx(float(now / was) - 1)
    per_response = float(first["cost_usd"]) / first["api_messages"]
    assert values["Cost per response"][0] == pytest.approx(per_response)
    called = asked(published, Choice(model=one)).rows(tools.TOTALS)[0]
    assert values["Failed calls"][0] == called["failed_calls"]
    assert values["Median response time"][0]
    lines = list(csv.reader(csv_of(table).splitlines()))
    assert [line[0] for line in lines[1:]] == list(values)


def test_the_address_says_what_is_compared(published: Settings) -> None:
    first, second, third = (row["model"] for row in asked(published).rows(spending.grouped(""))[:3])
    table, _ = _side_by_side(published, Choice(a=third, b=first, c=second))
    names = [column.name for column in table.columns]
    shown = model_names([first, second, third])
    assert names[1:] == [
        shown[third], shown[first], f"Difference of {shown[first]}",
        shown[second], f"Difference of {shown[second]}",
    ]  # fmt: skip
    page = numbers_page(published, Choice(a=third, b=first), "compare")
    assert f'<option value="{third}" selected>' in page
    # The sides stand for the models, so no filter of models stands beside them.
    assert 'aria-label="Model"' not in page
    assert "Nothing here" not in numbers_page(published, Choice(a="no-such-model"), "compare")


def test_people_and_machines_and_projects_are_compared_alike(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    publish(published, built[0], TWO_PEOPLE)
    for against, by in (("user", "user"), ("project", "project")):
        rows = asked(published).rows(spending.grouped(by))[:2]
        table, values = _side_by_side(published, Choice(against=against))
        assert values["Cost"][:2] == [row["cost_usd"] for row in rows]
        assert {"Sessions", "Prompts"} <= set(values)
        assert all(f"{against}=" in column.link for column in table.columns[1:3])
    ways, _, alone = versus.page(asked(published, Choice(against="host")))
    assert isinstance(alone, Remark)
    assert "there is nothing to compare" in alone.text
    assert isinstance(ways, Choices)
    assert "Machines" in [each.name for each in ways.segments]
    ways = versus.page(asked(published))[0]
    assert isinstance(ways, Choices)
    assert [each.name for each in ways.segments] == ["Models", "Projects", "People", "Periods"]


def test_two_periods_are_compared_day_by_day(published: Settings) -> None:
    choice = Choice(against="period", a="2026-11", b="2026-10")
    table, values = _side_by_side(published, choice)
    rows = {
        row["month"]: row["cost_usd"]
        for row in asked(published).rows(select([COST_USD], ["month"], spending.WHERE))
    }
    assert values["Cost"][:2] == [rows.get("2026-10", 0), rows.get("2026-11", 0)]
    assert [column.about for column in table.columns[1:]] == [
        "Oct 1 to Oct 31", "Nov 1 to Nov 20 so far", "against October 2026",
    ]  # fmt: skip
    # The later period stands to the earlier one as on the first page.
    week, _ = _side_by_side(published, Choice(against="period", a="week", b="week-1"))
    told = {str(row[0].text): str(row[-1].text) for row in week.rows}
    page = overview.page(asked(published, Choice(days="week")))
    tile = next(each for each in page if isinstance(each, Tiles)).tiles[0]
    assert told["Cost"] == tile.change
    sections = versus.page(asked(published, choice))
    drawn = next(each for each in sections if isinstance(each, Charts)).charts[0]
    assert len(drawn.bars) == 31
    assert drawn.bars[30].label == "Day 31 of each period"
    texts = [each.text for each in sections if isinstance(each, Remark)]
    assert any("The periods differ in length" in text for text in texts)
    assert 'aria-label="Period"' not in numbers_page(published, choice, "compare")


def test_the_lines_of_a_comparison_add_up_to_its_table(published: Settings) -> None:
    _, values = _side_by_side(published, Choice(unit="week"))
    sections = versus.page(asked(published, Choice(unit="week")))
    cost = next(each for each in sections if isinstance(each, Charts)).charts[0]
    top = float(cost.lines[0].label.strip("$"))
    for series, total in zip(cost.series, values["Cost"], strict=False):
        assert sum(point.y for point in series.points) * top / 100 == pytest.approx(
            float(total), abs=0.01 * len(cost.bars)
        )


def test_few_sessions_on_a_side_are_said(published: Settings) -> None:
    texts = [each.text for each in versus.page(asked(published)) if isinstance(each, Remark)]
    assert any(text.startswith("Too few sessions with a response to conclude") for text in texts)


def test_tables_of_models_and_projects_lead_to_their_comparison(published: Settings) -> None:
    page = numbers_page(published, Choice(days="90"), "usage")
    assert 'href="/numbers/compare?days=90&amp;against=project"' in page
    assert 'aria-label="Compare Models"' in page


@pytest.mark.parametrize("within", WITHIN)
def test_areas_and_table_of_the_cost_say_the_same(published: Settings, within: str) -> None:
    known = asked(published, Choice(within_project=within))
    labels = project_labels(known)
    drawn = treemap(known, labels)
    cost = [column.name for column in drawn.table.columns].index("Cost")
    total = sum(row[cost].text.value for row in drawn.table.rows)
    assert total == known.rows(select([COST_USD], where=spending.WHERE))[0]["cost_usd"]
    assert sum(area.tip[0][1].value for area in drawn.areas) == pytest.approx(float(total))
    for form in ("wide", "tall"):
        boxes = [getattr(area, form) for area in drawn.areas]
        for area, box in zip(drawn.areas, boxes, strict=True):
            share_of_cost = area.tip[0][1].value / float(total)
            assert box.width * box.height / 10_000 == pytest.approx(share_of_cost, abs=1e-4)
        frames = [getattr(frame, form) for frame in drawn.frames]
        assert sum(box.width * box.height for box in frames) == pytest.approx(10_000, rel=1e-3)
    by_project = {
        labels[row["project_key"]]: row for row in known.rows(spending.grouped("project"))
    }
    heads = [area.head.rpartition(" ")[0] for area in drawn.areas if area.head]
    assert set(heads) == {name for name, row in by_project.items() if row["cost_usd"]}
