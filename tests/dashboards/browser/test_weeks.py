"""Lines over weeks: few cases fade a point, gaps break a line, and a change leaves a mark."""

from datetime import date, timedelta
from itertools import pairwise

from cca.dashboards.browser.numbers.weeks import changes_of, lines, weeks_between

MONDAY = date(2026, 10, 5)
WEEK = timedelta(days=7)
WEEKS = weeks_between(MONDAY, MONDAY + 9 * WEEK)


def _chart(values: dict[date, tuple[float, int]]):
    return lines(
        "Corrected", {"all": values}, WEEKS, lambda value: f"{value:.1f}", str,
        lambda first, last: f"/?since={first}&until={last}",
        colours={"all": "s1"}, shown={"all": "Corrected"}, few=20,
    )  # fmt: skip


def test_a_point_of_few_cases_is_faded_and_its_week_tells_value_and_cases() -> None:
    chart = _chart({MONDAY: (0.5, 20), MONDAY + WEEK: (1.0, 19)})
    (series,) = chart.series
    assert [(point.y, point.is_few) for point in series.points] == [(50.0, False), (100.0, True)]
    assert chart.bars[0].tip == [("Corrected", "0.5 of 20", "s1")]
    assert chart.bars[0].link == "/?since=2026-10-05&until=2026-10-11"
    assert chart.bars[2].tip == []


def test_a_week_without_a_value_breaks_the_line() -> None:
    values = {MONDAY + number * WEEK: (1.0, 50) for number in (0, 1, 3, 4, 6)}
    (series,) = _chart(values).series
    assert len(series.points) == 5
    assert len(series.lines) == 2


def test_no_value_is_no_chart() -> None:
    assert _chart({}).empty
    assert not _chart({MONDAY: (0.0, 3)}).empty


def test_a_mark_stands_where_another_model_or_version_leads() -> None:
    leaders = {
        MONDAY: {"model": "opus", "version": "1"},
        MONDAY + 2 * WEEK: {"model": "opus", "version": "2"},
        MONDAY + 3 * WEEK: {"model": "haiku", "version": "2"},
        MONDAY + 4 * WEEK: {"model": "haiku", "version": "2"},
    }
    found = changes_of(leaders, WEEKS, str.title)
    assert [(change.label, change.hint) for change in found] == [
        ("", "version 1 to 2"), ("Haiku", "model opus to haiku"),
    ]  # fmt: skip


def test_a_short_time_has_weeks_before_it() -> None:
    assert len(weeks_between(MONDAY, MONDAY)) == 4
    assert weeks_between(MONDAY, MONDAY + 6 * WEEK)[0] == MONDAY
    assert weeks_between(MONDAY, MONDAY)[-1] == MONDAY


def test_labels_of_neighbouring_changes_do_not_cover_each_other() -> None:
    names = ["sonnet-5-5", "opus-4-8", "sonnet-5-5", "opus-4-8", "sonnet-5-5"]
    leaders = {
        WEEKS[len(WEEKS) - len(names) + number]: {"model": name}
        for number, name in enumerate(names)
    }
    found = changes_of(leaders, WEEKS, str)
    assert len(found) == 4
    spans: dict[int, list[tuple[float, float]]] = {}
    for change in found:
        if change.label:
            width = 1.8 * len(change.label)
            left = change.x - width if change.is_late else change.x
            spans.setdefault(change.level, []).append((left, left + width))
    assert len(spans) == 2, "neighbours stand on two levels"
    for row in spans.values():
        assert all(end <= start for (_, end), (start, _) in pairwise(row))
        assert max(end for _, end in row) <= 100
    assert all(change.hint for change in found)
