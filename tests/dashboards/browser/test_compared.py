"""One period beside another, and tables as files; without a warehouse."""

from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest

from cca.dashboards.browser.numbers.choice import Choice, from_query
from cca.dashboards.browser.numbers.compared import change
from cca.dashboards.browser.numbers.pages import GLANCE, PAGES, not_applied
from cca.dashboards.browser.numbers.parts import Cell, Column, Table
from cca.dashboards.browser.numbers.sheets import csv_of
from cca.dashboards.browser.numbers.write import NOTHING, Figure, money, number, percent, span
from cca.dashboards.browser.state import State

# A Wednesday.
TODAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("choice", "first", "last"),
    [
        (Choice(days="week"), "2026-02-23", "2026-02-25"),
        (Choice(days="month"), "2026-02-01", "2026-02-04"),
        (Choice(days="7"), "2026-02-19", "2026-02-25"),
        (Choice(since="2026-03-01", until="2026-03-02"), "2026-02-27", "2026-02-28"),
        (Choice(since="2026-03-03"), "2026-03-01", "2026-03-02"),
    ],
)
def test_a_period_is_compared_with_as_many_days_before_it(
    choice: Choice, first: str, last: str
) -> None:
    before = choice.before(TODAY)
    assert before is not None
    assert (str(before.first), str(before.last)) == (first, last)


def test_a_longer_month_is_compared_with_the_whole_of_a_shorter_one() -> None:
    before = Choice(days="month").before(date(2026, 3, 31))
    assert before is not None
    assert (before.first, before.last) == (date(2026, 2, 1), date(2026, 2, 28))


@pytest.mark.parametrize("choice", [Choice(), Choice(days="all"), Choice(until="2026-03-01")])
def test_without_a_first_day_there_is_nothing_before(choice: Choice) -> None:
    assert choice.before(TODAY) is None


def test_a_change_says_how_much_and_which_way() -> None:
    shown = [change(now, then) for now, then in ((3, 2), (1, 2), (2, 2), (40, 2), (1, 0), (0, 0))]
    assert shown == ["▲ 50 %", "▼ 50 %", "same", "▲ 20×", "new", ""]  # noqa: RUF001  (times)
    assert change(0.91, 0.9, "share") == "▲ 1.0 points"
    assert change(0.9001, 0.9, "share") == "same"
    assert change(None, 0.9, "share") == change(Decimal(1), None) == ""


def test_a_table_as_a_file_has_each_figure_whole_and_no_formula() -> None:
    at = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    table = Table(
        "Most expensive sessions!",
        [
            Column("Session", is_number=False, beside="Project"),
            Column("From", is_number=False),
            Column("Calls"),
            Column("Cost"),
            Column("Worked"),
            Column("Took"),
        ],
        [
            [Cell("=1+1", sub="@atlas"), Cell(Figure("Wed", at)), Cell(number(1234, "+")),
             Cell(money(Decimal("0.0001200000"))), Cell(percent(0.5)), Cell(span(2500))],
            [Cell("b,c"), Cell(""), Cell(NOTHING), Cell(money(Decimal("0E-10"))),
             Cell(percent(None)), Cell(span(None))],
        ],
    )  # fmt: skip
    assert table.name == "most-expensive-sessions"
    assert csv_of(table).splitlines() == [
        "Session,Project,From,Calls,Cost (USD),Worked (share),Took (ms)",
        "'=1+1,'@atlas,2026-03-04T09:00+00:00,1234,0.00012,0.5,2500",
        '"b,c",,,,0,,',
    ]
    assert csv_of(Table("Empty", [Column("Name")], [])) == "Name\n"


def test_filters_go_to_the_analytics_and_come_back() -> None:
    state = State(
        project="/home/ada/atlas", user="ada", model="claude-opus-4-8", host="laptop",
        since="2026-03-01", until="2026-03-02",
    )  # fmt: skip
    choice = from_query(dict(parse_qsl(urlsplit(state.analytics).query)))
    assert State(**dict(parse_qsl(urlsplit(choice.conversations(TODAY)).query))) == state
    # The list knows no names of periods, and hours where the analytics know days.
    for days in ("week", "month", "7", "30", "90"):
        there = dict(parse_qsl(urlsplit(Choice(days).conversations(TODAY)).query))
        back = dict(parse_qsl(urlsplit(State(**there).analytics).query))
        assert from_query(back).named(TODAY) == Choice(days)
    assert Choice(since="2026-03-03").named(TODAY).days == ""
    hours = State(since="2026-03-01T09", until="2026-03-01T10:00+01:00", q="x")
    assert hours.analytics == "/numbers?since=2026-03-01&until=2026-03-01"
    assert from_query({"since": hours.since}).since == "2026-03-01"
    assert State(q="x").analytics == "/numbers"


def test_filters_of_the_list_alone_travel_along_and_are_named() -> None:
    state = State(text="memo", tag="flaky", starred="1", errors="1", branch="main")
    wanted = from_query(dict(parse_qsl(urlsplit(state.analytics).query)))
    assert State(**wanted.of_list) == state
    assert (
        Choice(days="7")
        .carrying(wanted)
        .link("usage", days="30")
        .endswith("?days=30&branch=main&text=memo&tag=flaky&starred=1&errors=1")
    )
    assert not_applied(PAGES["usage"], wanted) == (
        "branch main, title memo, tag flaky, starred sessions only, sessions with failures only"
    )
    assert not_applied(GLANCE, Choice(project="p")) == ""
