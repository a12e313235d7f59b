"""Sends the work log of past days to those who get alerts."""

from datetime import date, timedelta
from typing import cast, get_args

from cca.alerts import templates
from cca.alerts.send import send
from cca.digest import text
from cca.digest.read import Period, digest
from cca.errors import SettingError
from cca.settings import Settings

_MONDAY = 0


def due(settings: Settings, today: date) -> list[tuple[Period, date]]:
    """The digests that DIGEST wants on the morning of `today`, each with a day in it.

    That of a day comes the day after it, that of a week on the Monday after it.
    """
    yesterday = today - timedelta(days=1)
    wanted: list[tuple[Period, date]] = []
    if "day" in settings.digest:
        wanted.append(("day", yesterday))
    if "week" in settings.digest and today.weekday() == _MONDAY:
        wanted.append(("week", yesterday))
    return wanted


def chosen(
    settings: Settings, today: date, period: str = "due", day: str | None = None
) -> list[tuple[Period, date]]:
    """The digests that somebody asks for: what is due, or one period of a day (ISO 8601).

    Raises:
        SettingError: The day is no date, or the period is none.

    """
    if period == "due":
        return due(settings, today)
    if period not in get_args(Period):
        raise SettingError(f"{period!r} is no period; there are {', '.join(get_args(Period))}")
    try:
        wanted = date.fromisoformat(day) if day else today - timedelta(days=1)
    except ValueError:
        raise SettingError(f"{day!r} is no date such as 2026-11-01") from None
    return [(cast("Period", period), wanted)]


def send_digest(settings: Settings, period: Period, day: date) -> list[str] | None:
    """Send the work log of the day, or of its week; return the ways that worked.

    Where nobody worked, nothing is sent, and the answer is None.

    Raises:
        NotFound: Nothing was published yet.

    """
    made = digest(settings.gold_path, period, day)
    if not made.works:
        return None
    url = f"{settings.browser_address}/numbers/log{'?each=week' if period == 'week' else ''}"
    return send(settings, templates.digest(f"work log, {made.name}", text.markdown(made), url))
