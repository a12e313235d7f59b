"""When the sample sessions happen: working days and hours of the weeks before a given date."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

DAYS = 45
# Monday to Sunday.
_DAY_WEIGHTS = (10, 12, 11, 12, 8, 2, 1)
# Hours of UTC from 7 to 19: a busy morning, a lunch break, a few evenings.
_HOURS = range(7, 20)
_HOUR_WEIGHTS = (3, 8, 12, 12, 9, 4, 9, 12, 11, 8, 5, 2, 2)


# A session that nobody leaves over night ends within an hour or two.
_BEFORE_NOW = timedelta(hours=2)


def session_starts(
    rng: Random, count: int, until: date, now: datetime | None = None
) -> list[datetime]:
    """Start times in order, none on `until` or the day before: work of two days has to fit.

    With `now` the last two begin two hours before it, so that today has work too.
    """
    days = [until - timedelta(days=back) for back in range(DAYS + 1, 1, -1)]
    # Late weeks weigh more: habits grow.
    weights = [_DAY_WEIGHTS[day.weekday()] * (0.6 + index / DAYS) for index, day in enumerate(days)]
    starts = sorted(_start(rng, day) for day in rng.choices(days, weights, k=count))
    if now is None:
        return starts
    return [*starts[:-2], *(now - _BEFORE_NOW for _ in starts[-2:])]


def _start(rng: Random, day: date) -> datetime:
    hour = rng.choices(_HOURS, _HOUR_WEIGHTS)[0]
    at = time(hour, rng.randrange(60), rng.randrange(60), rng.randrange(1000) * 1000, tzinfo=UTC)
    return datetime.combine(day, at)


def iso(at: datetime) -> str:
    """UTC with milliseconds and Z, as JavaScript's toISOString writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
