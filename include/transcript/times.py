"""When an entry was written: the one rule for timestamps, and which of them cannot be true."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

# The years 2000 to 2199: a clock further off tells nothing, and its days cannot be drawn.
_YEARS = range(2000, 2200)
# Numbers up to the first are seconds, then milliseconds, microseconds and nanoseconds: each limit
# is the year 5138 in its unit, and 1973 in the next.
_UNITS = ((1e11, 1), (1e14, 10**3), (1e17, 10**6), (1e20, 10**9))
# Eight digits are a day, 20261101; more are a number.
_NUMBER = re.compile(r"\d{9,}(?:\.\d*)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Nothing wrote transcripts before this.
_EARLIEST = datetime(2022, 1, 1, tzinfo=UTC)
_EARLIEST_UTC = _EARLIEST.replace(tzinfo=None)
# A clock may be a little ahead of ours, and a time zone may be missing.
_AHEAD = timedelta(days=1)


def parse_timestamp(value: Any) -> datetime | None:
    """Returns the time in UTC; None where the value is no time, or one outside 2000 to 2199.

    An ISO text without a zone is UTC; a number, also as text, is seconds since 1970, or a
    thousandth, millionth or billionth of them, whichever gives a year that can be.
    """
    try:
        if type(value) is str:
            parsed = _of_text(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            parsed = _of_number(value)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return parsed if parsed.year in _YEARS else None


def epoch_ms(value: Any) -> int | None:
    """Returns the same in whole milliseconds since 1970."""
    parsed = parse_timestamp(value)
    if parsed is None:
        return None
    # A third of the time that a division of the whole takes, and every line needs one.
    since = parsed - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + round(since.microseconds / 1000)


def is_outlier(at: datetime, taken_at: datetime) -> bool:
    """Tells whether a clock was plainly wrong; `taken_at` is when the entry reached us.

    Both times have a zone, or both are UTC without one. Nothing was written long before Claude
    Code, or after it was read.
    """
    earliest = _EARLIEST if at.tzinfo else _EARLIEST_UTC
    # Nearly every time lies before its arrival, and a comparison costs less than a sum.
    return at < earliest or (at > taken_at and at > taken_at + _AHEAD)


def is_clock_wrong(written: Any, at: datetime, taken_at: datetime) -> bool:
    """Tells whether an entry's time cannot be true: an outlier, or a timestamp that is no time.

    `written` is the timestamp as it stands in the entry, if there is one.
    """
    if is_outlier(at, taken_at):
        return True
    return parse_timestamp(written) is None and written not in (None, "")


def possible_times(taken_at: datetime) -> dict[str, datetime]:
    """Returns the bounds that `is_outlier` draws, as MongoDB compares a time with them."""
    return {"$gte": _EARLIEST, "$lte": taken_at + _AHEAD}


# Several columns ask for the time of one entry.
@lru_cache(maxsize=16)
def _of_text(text: str) -> datetime:
    if text[:9].isdecimal() and _NUMBER.fullmatch(text):
        return _of_number(float(text) if "." in text else int(text))
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        if text.isascii() and text.isdigit():
            return _of_number(int(text))
        raise
    if parsed.tzinfo is UTC:
        return parsed
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _of_number(number: float) -> datetime:
    """Returns the moment of a number.

    Raises:
        ValueError: in no unit is it a time.

    """
    for limit, in_a_second in _UNITS:
        if abs(number) < limit:
            # Whole seconds apart: a float holds no nanoseconds since 1970.
            seconds, rest = divmod(number, in_a_second)
            return datetime.fromtimestamp(int(seconds), UTC) + timedelta(seconds=rest / in_a_second)
    message = f"{number} is no time"
    raise ValueError(message)
