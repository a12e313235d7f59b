"""What a run owns: everything, a range of event time, or what arrived since the last run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any, Literal, Self

from cca.errors import SettingError

Kind = Literal["incremental", "backfill", "full"]


@dataclass(frozen=True)
class Window:
    """Backfills own `eventAt` in [start, end); a bound that is None is open. Times are UTC."""

    kind: Kind
    start: datetime | None = None
    end: datetime | None = None

    def to_dict(self) -> dict[str, str | None]:
        """JSON form, for hand-over between tasks."""
        return {"kind": self.kind, "start": _iso(self.start), "end": _iso(self.end)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The window that `to_dict` wrote."""
        return cls(values["kind"], _parsed(values["start"]), _parsed(values["end"]))


def resolve(
    *,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    full_backfill: bool = False,
    data_interval: tuple[datetime, datetime] | None = None,
) -> Window:
    """The window of a run: given bounds, else a backfill run's interval, else what is new.

    Bounds are ISO dates or times; without a zone they are UTC. Raises SettingError.
    """
    if full_backfill:
        return Window("full")
    start, end = moment("since", since), moment("until", until)
    if start is None and end is None and data_interval is not None:
        start, end = (bound.astimezone(UTC) for bound in data_interval)
    if start is None and end is None:
        return Window("incremental")
    if start is not None and end is not None and start >= end:
        raise SettingError(f"since ({start.isoformat()}) must be before until ({end.isoformat()})")
    return Window("backfill", start, end)


def split(window: Window, boundaries: Sequence[datetime]) -> list[Window]:
    """Backfills that together own what the window owns, cut at those boundaries that lie in it.

    A full window becomes ranges of event time, open at both ends.
    """
    inside = [
        bound
        for bound in sorted(set(boundaries))
        if (window.start is None or window.start < bound)
        and (window.end is None or bound < window.end)
    ]
    if not inside or window.kind == "incremental":
        return [window]
    edges = [window.start, *inside, window.end]
    return [Window("backfill", *pair) for pair in pairwise(edges)]


def moment(name: str, value: str | datetime | None) -> datetime | None:
    """An ISO date or time, in UTC; SettingError names what is none."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = _parsed(value.strip())
        except ValueError as error:
            message = (
                f"{name}: {value!r} is no ISO date or time, such as 2026-01-31 or 2026-01-31T14:00Z"
            )
            raise SettingError(message) from error
    assert value is not None  # noqa: S101  (narrowed above)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _iso(bound: datetime | None) -> str | None:
    return bound.isoformat() if bound else None


def _parsed(text: str | None) -> datetime | None:
    if text is None:
        return None
    if len(text) == len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    return datetime.fromisoformat(text)
