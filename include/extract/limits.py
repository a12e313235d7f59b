"""What a status line recorded, as a row: one reading of the plan's limits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cca.extract.convert import Rows, place_row, rejected
from cca.records import LIMITS
from cca.transcript.entry import ODD_ENTRY, entry_of
from cca.transcript.slugs import project_key
from cca.transcript.times import parse_timestamp
from cca.transcript.values import count, mapping, string

_DAY = LIMITS.get_field_index("date")


def limits_rows(document: Mapping[str, Any]) -> Rows:
    """Return the row of a document; what cannot be placed is a reject."""
    try:
        entry = entry_of(document)
        place = place_row(document, entry.get("timestamp"))
    except ODD_ENTRY as error:
        return rejected(document, error)
    cwd = string(entry.get("cwd"))
    values = (
        project_key(cwd) if cwd else document["projectId"],
        string(entry.get("version")),
        string(entry.get("model")),
        _amount(entry.get("costUsd")),
        _amount(entry.get("contextPercentage")),
        count(entry.get("contextTokens")),
        count(entry.get("contextSize")),
        *_limit(entry.get("fiveHour")),
        *_limit(entry.get("sevenDay")),
    )
    return Rows(place[_DAY], limits=(*place, *values))


def _limit(value: Any) -> tuple[float | None, datetime | None]:
    """Percentage and end of a window: both or neither, as one without the other says nothing."""
    limit = mapping(value)
    percentage, resets_at = _amount(limit.get("usedPercentage")), limit.get("resetsAt")
    end = parse_timestamp(resets_at)
    return (None, None) if percentage is None or end is None else (percentage, end)


def _amount(value: Any) -> float | None:
    """A number from 0 that a sum survives."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 10**9 else None
