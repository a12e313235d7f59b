"""What a run is asked to take: everything, a range of event time, or what arrived since."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Literal, Self

from cca.errors import SettingError
from cca.lake.time_range import TimeRange

Kind = Literal["incremental", "backfill", "full"]
_ALWAYS = TimeRange()


@dataclass(frozen=True)
class Window:
    """A request. Only a backfill names its range; `chunks.plan` decides what the others take."""

    kind: Kind
    events: TimeRange = _ALWAYS

    def to_dict(self) -> dict[str, str | None]:
        """Return the JSON form."""
        start, end = self.events.start, self.events.end
        return {"kind": self.kind, "start": to_iso(start), "end": to_iso(end)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the window that `to_dict` wrote."""
        events = TimeRange(from_iso(values["start"]), from_iso(values["end"]))
        return cls(values["kind"], events)


def backfill(start: datetime | None, end: datetime | None) -> Window:
    """Return the window of what happened in [start, end)."""
    return Window("backfill", TimeRange(start, end))


def resolve(
    *,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    full_backfill: bool = False,
    data_interval: tuple[datetime, datetime] | None = None,
) -> Window:
    """Return the window of a run: given bounds, else a backfill's interval, else what is new.

    Bounds are ISO dates or times; without a zone they are UTC.

    Raises:
        SettingError: A bound is no time, or `since` is not before `until`.

    """
    if full_backfill:
        return Window("full")
    start, end = parse_bound("since", since), parse_bound("until", until)
    if start is None and end is None and data_interval is not None:
        # Airflow hands over times of pendulum, and a deep copy of one in this zone loses the zone.
        start, end = (datetime.fromtimestamp(bound.timestamp(), UTC) for bound in data_interval)
    if start is None and end is None:
        return Window("incremental")
    if start is not None and end is not None and start >= end:
        raise SettingError(f"since ({start.isoformat()}) must be before until ({end.isoformat()})")
    return backfill(start, end)


def parse_bound(name: str, value: str | datetime | None) -> datetime | None:
    """Return an ISO date or time in UTC, None for none.

    Raises:
        SettingError: The value is neither; the message names the option.

    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = from_iso(value.strip())
        except ValueError as error:
            message = (
                f"{name}: {value!r} is no ISO date or time, such as 2026-01-31 or 2026-01-31T14:00Z"
            )
            raise SettingError(message) from error
    assert value is not None  # noqa: S101  (narrowed above)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def to_iso(bound: datetime | None) -> str | None:
    return bound.isoformat() if bound else None


def from_iso(text: str | None) -> datetime | None:
    if text is None:
        return None
    if len(text) == len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    return datetime.fromisoformat(text)
