"""What is compared with what: periods by name, values over time; without a warehouse."""

from datetime import date

import pytest

from cca.dashboards.browser.numbers import overtime, spans, weeks
from cca.dashboards.browser.numbers.choice import from_query
from cca.dashboards.browser.numbers.compared import change
from cca.dashboards.browser.numbers.parts import Cell, Column, Picks, Table
from cca.dashboards.browser.numbers.sheets import csv_of
from cca.dashboards.browser.numbers.write import figure, money, percent
from cca.gold.measures.usage import API_MESSAGES, COST_PER_RESPONSE_USD, COST_USD

# A Wednesday.
TODAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("value", "first", "last", "name"),
    [
        ("week", "2026-03-02", "2026-03-04", "This week"),
        ("week-1", "2026-02-23", "2026-02-25", "Last week, the same days"),
        ("30", "2026-02-03", "2026-03-04", "Last 30 days"),
        ("30-1", "2026-01-04", "2026-02-02", "The 30 days before"),
        ("2026-02", "2026-02-01", "2026-02-28", "February 2026"),
        ("2026-03", "2026-03-01", "2026-03-04", "March 2026"),
        ("2026-02-03..2026-02-05", "2026-02-03", "2026-02-05", "2026-02-03 to 2026-02-05"),
    ],
)
def test_a_period_has_days_and_a_name(value: str, first: str, last: str, name: str) -> None:
    span = spans.span_named(value, TODAY)
    assert span
    assert (str(span.first), str(span.last), span.name) == (first, last, name)


@pytest.mark.parametrize(
    "value",
    ["", "all", "31", "week-2", "-1", "2026-13", "2026-04", "2026-02-05..2026-02-03", "a..b"],
)
def test_anything_else_is_no_period(value: str) -> None:
    assert spans.span_named(value, TODAY) is None


def test_periods_and_the_months_with_figures_can_be_chosen() -> None:
    values = [value for value, _ in spans.values_of(["2026-01", "2026-02"], TODAY)]
    assert values[:2] == ["week", "week-1"]
    assert values[-2:] == ["2026-02", "2026-01"]
    assert dict(spans.values_of([], TODAY))["7"] == "Last 7 days (Feb 26 to Mar 4)"


def test_what_is_compared_is_in_the_address() -> None:
    choice = from_query({"against": "user", "a": "ada", "b": "bo", "days": "30"})
    assert choice.link("compare") == "/numbers/compare?days=30&against=user&a=ada&b=bo"
    assert from_query({"against": "weather"}).against == ""
    picks = Picks("", choice.link("compare"), [("a", "ada", ""), ("b", "bo", "")], [])
    assert picks.hidden == [("days", "30"), ("against", "user")]


def test_a_ratio_of_several_days_is_that_of_their_sums() -> None:
    days = [{"cost_usd": 1.0, "api_messages": 1.0}, {"cost_usd": 2.0, "api_messages": 5.0}]
    both = {name: sum(day[name] for day in days) for name in days[0]}
    assert overtime.value_of(COST_PER_RESPONSE_USD, both) == 0.5
    assert overtime.value_of(COST_USD, both) == 3
    assert overtime.value_of(COST_USD, {}) == 0
    assert overtime.value_of(COST_PER_RESPONSE_USD, {}) is None


def test_a_line_is_broken_where_there_is_no_value_and_long_ones_have_no_dots() -> None:
    drawn = weeks.series_of("a", "s1", [(1.0, 9), (2.0, 9), None, (4.0, 1)], 4, 5)
    assert drawn.lines == ["12.5,75 37.5,50"]
    assert [(dot.y, dot.is_few) for dot in drawn.points] == [(25, False), (50, False), (100, True)]
    long = weeks.series_of("a", "s1", [*[(1.0, 9)] * 60, None, (1.0, 9)], 4, 5)
    assert len(long.points) == 1
    assert len(long.lines) == 1


def test_what_a_response_costs_keeps_the_places_that_tell_two_apart() -> None:
    assert figure(COST_PER_RESPONSE_USD, 0.0316) == "$0.0316"
    assert figure(COST_USD, 0.0316) == "$0.03"
    assert figure(API_MESSAGES, 1234) == "1,234"
    assert figure(API_MESSAGES, None) == "-"


def test_a_column_of_several_units_says_each_in_its_file() -> None:
    table = Table(
        "Side by side",
        [Column("Measure"), Column("opus"), Column("Difference", units=("share", "points"))],
        [[Cell("Cost"), Cell(money(2)), Cell(change(3, 2))],
         [Cell("Rate"), Cell(percent(0.5)), Cell(change(0.75, 0.5, "share"))]],
    )  # fmt: skip
    assert csv_of(table).splitlines() == [
        "Measure,Unit,opus,Difference (share),Difference (points)",
        "Cost,USD,2,0.5,",
        "Rate,share,0.5,,25.0",
    ]
