"""What the charts of the Numbers pages claim: their axes, their days, their colours."""

from datetime import date

import pytest

from dashboards.browser.chart import count_top, nice_top, short
from dashboards.browser.numbers import bars
from dashboards.browser.numbers.write import axis_money, thousands

LAST = date(2026, 11, 20)


@pytest.mark.parametrize("highest", [0, 1, 2, 3, 5, 7, 9, 10, 11, 13, 25, 61, 999, 1150, 2_345_678])
def test_lines_over_things_counted_are_whole_numbers(highest: int) -> None:
    top = count_top(highest)
    assert top >= max(highest, 1)
    assert top % 2 == 0
    chart = bars.stacked("Sessions", [(LAST, "a", float(highest))], ["a"], thousands, lambda *_: "")
    assert [line.label for line in chart.lines] == [short(top), short(top / 2)]
    assert top >= 1000 or all(line.label.isdecimal() for line in chart.lines)


@pytest.mark.parametrize("highest", [0.0025, 0.011, 0.027, 0.11, 0.9, 2.5, 2500])
def test_lines_over_money_say_where_they_are(highest: float) -> None:
    top = nice_top(highest)
    for value in (top, top / 2):
        assert float(axis_money(value)[1:].replace(",", "")) == pytest.approx(value)
