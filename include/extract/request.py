"""What a run of Airflow's was asked for: the fields of its form, or its data interval."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cca.errors import SettingError
from cca.extract.window import Window, resolve

_HOUR = timedelta(hours=1)
# A backfill gives each of its runs an hour; these would give all of them the same work.
_NOT_IN_A_BACKFILL = ("since", "until", "full_backfill", "full_refresh")


@dataclass(frozen=True)
class Request:
    """A run as Airflow knows it.

    `conf` is what was typed; `params` are the form's fields with their defaults. The run's hour,
    or the interval that somebody chose, is [start, end).
    """

    run_type: str
    conf: Mapping[str, Any]
    params: Mapping[str, Any]
    logical_date: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def interval(self) -> tuple[datetime, datetime] | None:
        """The data interval, where there is one."""
        return (self.start, self.end) if self.start and self.end else None


def window_of(request: Request, fields: Collection[str]) -> Window:
    """Return the window of a run; `fields` are those of the form.

    Raises:
        SettingError: A field is unknown, cannot be used, or does not belong in a backfill.

    """
    if unknown := sorted(set(request.conf) - set(fields)):
        raise SettingError(
            f"unknown field {', '.join(unknown)}; the fields are {', '.join(fields)}"
        )
    if request.run_type == "backfill":
        if given := [name for name in _NOT_IN_A_BACKFILL if request.params.get(name)]:
            raise SettingError(
                f"{', '.join(given)}: not in a backfill, where each run takes its own hour; "
                "trigger one run with these fields instead"
            )
        return resolve(data_interval=request.interval)
    chosen = {name: request.params[name] for name in ("since", "until", "full_backfill")}
    is_chosen = request.run_type == "manual" and not _is_inferred(request)
    return resolve(**chosen, data_interval=request.interval if is_chosen else None)


def _is_inferred(request: Request) -> bool:
    """Tell whether Airflow gave a manual run its interval by itself: the last whole hour."""
    if request.interval is None or request.logical_date is None:
        return False
    start, end = request.interval
    is_whole = end.minute == end.second == end.microsecond == 0
    return is_whole and end - start == _HOUR and end <= request.logical_date < end + _HOUR
