"""Figures as text: money, tokens, times and shares, written one way on every page."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from math import isclose
from typing import Any, Self

from cca.conversation import parts
from cca.gold.measures.model import Measure

_SECOND, _MINUTE, _HOUR = 1000, 60_000, 3_600_000
Value = int | float | Decimal | datetime | None


class Figure(str):
    """A value as a person reads it; tables sort by `value`, in `unit`, and export it."""

    __slots__ = ("unit", "value")
    unit: str
    value: Value

    def __new__(cls, text: str, value: Value, unit: str = "") -> Self:
        figure = super().__new__(cls, text)
        figure.value = value
        figure.unit = unit
        return figure


NOTHING = Figure("-", None)


def number(value: int | None, sign: str = "") -> Figure:
    return Figure(f"{sign}{value or 0:,}", value or 0)


def thousands(value: Any) -> Figure:
    return Figure(parts.thousands(value), value)


def money(value: Any, least: float = 0.01) -> Figure:
    """Dollars; an amount below `least` has four places, as two would say nothing."""
    amount = float(str(value or 0))
    places = 4 if amount and abs(amount) < least else 2
    sign = "-" if amount < 0 else ""
    return Figure(f"{sign}${abs(amount):,.{places}f}", value or 0, "USD")


def short_money(value: float) -> str:
    """Dollars in as few characters as tell them apart: $1.2k, $123, $12.3, $0.35."""
    if value >= 1000:  # noqa: PLR2004
        return f"${parts.thousands(value)}"
    places = 0 if value >= 100 else 1 if value >= 10 else 2  # noqa: PLR2004
    return f"${value:.{places}f}" if round(value, 2) else "<$0.01"


def figure(measure: Measure, value: Any) -> Figure:
    """A value of a measure, written as its unit wants it."""
    if value is None:
        return NOTHING
    if measure.unit == "seconds":
        return span(1000 * float(value))
    if measure.unit == "USD" and measure.how == "ratio":
        # Of what one response costs, a cent is much.
        return money(value, 0.1)
    write = _OF_UNIT.get(measure.unit, number)
    return write(value)


def exact(value: object) -> str:
    return f"${float(str(value or 0)):.8f}"


def axis_money(value: float) -> str:
    """A round number of dollars with the places it has, or its line would tell another."""
    places = next((n for n in (0, 2, 3) if isclose(round(value, n), value)), 4)
    return f"${value:,.{places}f}"


def percent(value: float | None, places: int = 0) -> Figure:
    """A rate of 0 to 1; 100 % only where nothing is missing, 0 % only where there is nothing."""
    return Figure(_percent(value, places), value, "share")


def _percent(value: float | None, places: int) -> str:
    if value is None:
        return "-"
    if 0.995 < value < 1 and not places:  # noqa: PLR2004
        return f"{100 * value:.1f} %" if value < 0.9995 else "99.9 %"  # noqa: PLR2004
    if 0 < value <= 0.5 / 10 ** (places + 2):
        return f"<{1 / 10**places:g} %"
    return f"{100 * value:.{places}f} %"


def span(milliseconds: float | None) -> Figure:
    """A duration in the unit that suits it."""
    return Figure(_span(milliseconds), milliseconds, "ms")


def _span(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "-"
    if milliseconds < _SECOND:
        return f"{milliseconds:.0f} ms"
    if milliseconds < _MINUTE:
        return f"{milliseconds / _SECOND:.1f} s"
    if milliseconds < _HOUR:
        return f"{milliseconds / _MINUTE:.0f} min"
    return f"{milliseconds / _HOUR:.1f} h"


_OF_UNIT: dict[str, Callable[[Any], Figure]] = {
    "USD": money, "share": percent, "tokens": thousands,
}  # fmt: skip
