"""What the charts of the Numbers pages claim: their axes, their days, their colours."""

import itertools
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from cca.dashboards.browser.chart import count_top, nice_top, scale, short
from cca.dashboards.browser.numbers import bars
from cca.dashboards.browser.numbers.choice import Choice
from cca.dashboards.browser.numbers.write import axis_money, money, thousands

LAST = date(2026, 11, 20)


@pytest.mark.parametrize("highest", [0, 1, 2, 3, 5, 7, 9, 10, 11, 13, 25, 61, 999, 1150, 2_345_678])
def test_lines_over_things_counted_are_whole_numbers(highest: int) -> None:
    top = count_top(highest)
    assert top >= max(highest, 1)
    assert top % 2 == 0
    chart = bars.stacked(
        "Sessions",
        [(LAST, "a", float(highest))],
        ["a"],
        thousands,
        lambda *_: "",
        axis=bars.Axis(None, LAST),
    )
    assert chart.lines[0].label == short(top)
    assert len(chart.lines) >= 2
    assert top >= 1000 or all(line.label.isdecimal() for line in chart.lines)
    assert chart.bars[-1].total == (thousands(highest) if highest else "")


@pytest.mark.parametrize("highest", [0.0025, 0.011, 0.027, 0.11, 0.9, 2.5, 2500])
def test_lines_over_money_say_where_they_are(highest: float) -> None:
    top = nice_top(highest)
    for value in (top, top / 2):
        assert float(axis_money(value)[1:].replace(",", "")) == pytest.approx(value)


@pytest.mark.parametrize(
    ("top", "labels"),
    [
        (1, "1 0.8 0.6 0.4 0.2"), (2, "2 1.5 1 0.5"), (3, "3 2 1"), (6, "6 4 2"),
        (10, "10 8 6 4 2"), (160, "160 120 80 40"), (0.12, "0.12 0.09 0.06 0.03"),
    ],
)  # fmt: skip
def test_the_lines_of_a_chart_are_at_round_numbers(top: float, labels: str) -> None:
    lines = scale(top, lambda value: f"{value:.4g}")
    assert " ".join(line.label for line in lines) == labels
    assert [line.at for line in lines] == pytest.approx(
        [100 * float(label) / top for label in labels.split()], abs=0.01
    )


def test_a_sum_over_a_bar_is_short_and_there_are_none_over_thin_bars() -> None:
    sums = (0, 0.001, 0.35, 4.352, 12.34, 123.4, 1234)
    shown = [bars.short_sum(value, money) for value in sums]
    assert shown == ["", "<$0.01", "$0.35", "$4.35", "$12.3", "$123", "$1.2k"]
    points = [(LAST - timedelta(days=back), "a", 1.0) for back in range(60)]
    chart = bars.stacked("Cost", points, ["a"], money, lambda *_: "", axis=bars.Axis(None, LAST))
    assert {bar.total for bar in chart.bars} == {""}


@pytest.mark.parametrize("number", [7, 30, 90])
def test_the_axis_covers_the_days_chosen_until_today_whatever_they_hold(number: int) -> None:
    axis = bars.Axis(Choice(days=str(number)).period(LAST)[0], LAST)
    old = LAST - timedelta(days=3)
    chart = bars.stacked("Calls", [(old, "a", 1.0)], ["a"], str, lambda a, _: f"{a}", axis=axis)
    drawn = [bar.link for bar in chart.bars]
    assert drawn == [str(LAST - timedelta(days=back)) for back in range(number)][::-1]
    line = bars.lined("Rate", {old: 0.5}, str, lambda a, _: f"{a}", axis)
    assert [bar.link for bar in line.bars] == drawn


def test_without_days_chosen_the_axis_goes_from_the_first_figure_to_today() -> None:
    first = LAST - timedelta(days=60)
    unit, places = bars.span_of([first, first + timedelta(days=1)], bars.Axis(None, LAST))
    assert (unit, places[0], places[-1]) == ("day", first, LAST)
    _, few = bars.span_of([LAST], bars.Axis(None, LAST))
    assert len(few) == bars.MIN_DAYS


def test_a_period_from_the_beginning_of_time_is_no_endless_axis() -> None:
    unit, places = bars.span_of([LAST], bars.Axis(date(1, 1, 1), LAST))
    assert unit == "month"
    assert len(places) <= 122


def test_a_name_keeps_its_colour_whatever_the_filter_leaves() -> None:
    ranked = [f"p{number}" for number in range(len(bars.COLOURS))]
    colours = dict(zip(ranked, bars.colours_of(ranked, ranked), strict=True))
    assert len(set(colours.values())) == len(ranked)
    for names in (["p17"], ["p5", "p0", "p10"], ["p23", "p12", "p11", "p6", "p1", bars.OTHER]):
        kept = [colours[name] for name in names if name != bars.OTHER]
        assert bars.colours_of(names, ranked) == kept + [bars.REST] * (bars.OTHER in names)


def test_of_many_names_no_two_in_a_chart_share_a_colour() -> None:
    ranked = [f"p{number}" for number in range(60)]
    shown = ["p24", "p0", "p48", "p3", "p8", bars.OTHER]
    colours = bars.colours_of(shown, ranked)
    assert len(set(colours)) == len(shown)
    assert (colours[1], colours[-1]) == ("s1", bars.REST)


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1])
def test_each_colour_of_a_chart_stands_out_from_the_page_and_from_the_others(theme: int) -> None:
    css = (Path(bars.__file__).parents[1] / "css/tokens.css").read_text().split("}")[theme]
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))
    series = [value for name, value in tokens.items() if name.startswith("series-")]
    assert len(set(series)) == 13
    for colour in series:
        darker, lighter = sorted((luminance(colour), luminance(tokens["bg"])))
        assert (lighter + 0.05) / (darker + 0.05) >= 3, colour
    for one, other in itertools.combinations(series, 2):
        apart = sum(
            abs(int(one[at : at + 2], 16) - int(other[at : at + 2], 16)) for at in (1, 3, 5)
        )
        assert apart >= 60, (one, other)
