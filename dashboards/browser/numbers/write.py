"""Figures as text: money, tokens, times and shares, written one way on every page."""

from math import isclose

from cca.conversation.parts import thousands

_SECOND, _MINUTE, _HOUR = 1000, 60_000, 3_600_000
__all__ = ["axis_money", "exact", "money", "percent", "span", "thousands"]


def money(value: object) -> str:
    amount = float(str(value or 0))
    if amount and abs(amount) < 0.01:  # noqa: PLR2004  (below a cent two places say nothing)
        return f"${amount:.4f}"
    return f"${amount:,.2f}"


def exact(value: object) -> str:
    return f"${float(str(value or 0)):.8f}"


def axis_money(value: float) -> str:
    """A round number of dollars with the places it has, or its line would tell another."""
    places = next((n for n in (0, 2, 3) if isclose(round(value, n), value)), 4)
    return f"${value:,.{places}f}"


def percent(value: float | None, places: int = 0) -> str:
    """A rate of 0 to 1; 100 % only where nothing is missing, 0 % only where there is nothing."""
    if value is None:
        return "-"
    if 0.995 < value < 1 and not places:  # noqa: PLR2004
        return f"{100 * value:.1f} %" if value < 0.9995 else "99.9 %"  # noqa: PLR2004
    if 0 < value <= 0.5 / 10 ** (places + 2):
        return f"<{1 / 10**places:g} %"
    return f"{100 * value:.{places}f} %"


def span(milliseconds: float | None) -> str:
    """A duration in the unit that suits it."""
    if milliseconds is None:
        return "-"
    if milliseconds < _SECOND:
        return f"{milliseconds:.0f} ms"
    if milliseconds < _MINUTE:
        return f"{milliseconds / _SECOND:.1f} s"
    if milliseconds < _HOUR:
        return f"{milliseconds / _MINUTE:.0f} min"
    return f"{milliseconds / _HOUR:.1f} h"
