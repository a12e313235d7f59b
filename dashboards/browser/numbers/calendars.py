"""When people work: the days of a year, and the hours of a week."""

from datetime import date, timedelta

from cca.dashboards.browser.chart import start_of
from cca.dashboards.browser.numbers.bars import label_of
from cca.dashboards.browser.numbers.cells import period_link
from cca.dashboards.browser.numbers.drawn import Calendar, Heat, Segment, Week
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, Row
from cca.dashboards.browser.numbers.write import money, number
from cca.gold.measures.model import Measure
from cca.gold.measures.select import select

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
DATED = f"{FILTERED} and m.hour_at is not null"
_HOURS = 24
_WEEKS = 53


def year(
    asked: Asked, title: str, measure: Measure, where: str = FILTERED,
    segments: list[Segment] | None = None,
) -> Calendar:  # fmt: skip
    """A measure of each day of the year until the last day chosen, whatever day is the first."""
    last = asked.axis("").last
    first = start_of(last, "week") - timedelta(weeks=_WEEKS - 1)
    rows = asked.rows_of(asked.choice.within(first, last), select([measure], ["day"], where))
    values = {row["day"]: float(row[measure.name]) for row in rows}
    top = max(values.values(), default=0)
    weeks = [first + timedelta(weeks=number) for number in range(_WEEKS)]
    return Calendar(
        f"{title or measure.label} of each day of a year",
        [_week(asked, monday, last, values, top, measure) for monday in weeks],
        [segments] if segments else [],
        "Choose a day to see its sessions.",
    )


def _week(  # noqa: PLR0913  (what a week is drawn from)
    asked: Asked, monday: date, last: date, values: dict[date, float], top: float, measure: Measure
) -> Week:
    days = [monday + timedelta(days=number) for number in range(len(DAYS))]
    # In the last week a name would stand over the edge.
    begun = next((day for day in days if day.day == 1 and days[-1] < last), None)
    return Week(
        f"{begun:%b}" if begun else "",
        [_day(asked, day, values.get(day, 0), top, measure) if day <= last else None
         for day in days],
    )  # fmt: skip


def _day(
    asked: Asked, day: date, value: float, top: float, measure: Measure
) -> tuple[float, str, str]:
    written = money(value) if measure.unit == "USD" else number(int(value))
    link = period_link(asked, day, day) if value else ""
    # One day of many would leave all others pale.
    return (
        round((value / top) ** 0.5, 3) if value > 0 else 0,
        f"{label_of(day, day)}: {written}",
        link,
    )


def hours(
    asked: Asked, title: str, measure: Measure, segments: list[Segment] | None = None
) -> Heat:
    """A measure by hour and weekday; an hour leads to its sessions."""
    rows = asked.rows(by_hour(measure))
    found: dict[tuple[int, int], Row] = {(row["weekday"], row["hour"]): row for row in rows}
    top = max((row[measure.name] for row in rows), default=0)
    drawn = []
    for weekday, day in enumerate(DAYS, 1):
        cells = []
        for hour in range(_HOURS):
            row = found.get((weekday, hour))
            value = row[measure.name] if row else 0
            label = f"{LONG[weekday - 1]} {hour:02}:00: {value:,}"
            link = asked.choice.link("activity", of=f"{weekday}-{hour}") if value else ""
            cells.append((round(value / top, 3) if top else 0.0, label, link))
        drawn.append((day, cells))
    return Heat(
        f"{title or measure.label} by hour and weekday", drawn, [segments] if segments else [],
        "Choose an hour to see its sessions.",
    )  # fmt: skip


def by_hour(measure: Measure) -> str:
    """The measure by weekday and hour, without rows of 0."""
    return select([measure], ["weekday", "hour"], DATED, having=f"{measure.name} > 0")
