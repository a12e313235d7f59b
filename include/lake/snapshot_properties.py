"""What our snapshots of the entries' table carry: the coverage, and the other tables' snapshots."""

from datetime import datetime

from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from cca.lake.manifest import Coverage

_PREFIX = "cca."
_MARK = "cca.extracted"
_RULES = "cca.transcript-rules"


def of_coverage(coverage: Coverage) -> dict[str, str]:
    """Return the properties that say what the lake covers."""
    return {
        _MARK: coverage.high_water_mark.isoformat(),
        _RULES: str(coverage.transcript_rules),
    }


def written_by_us(entries: Table, head: Snapshot | None) -> Snapshot | None:
    """Return the newest snapshot, from `head` back, that carries our properties."""
    while head is not None:
        values = head.summary.additional_properties if head.summary else {}
        if any(name.startswith(_PREFIX) for name in values):
            return head
        parent = head.parent_snapshot_id
        head = entries.snapshot_by_id(parent) if parent is not None else None
    return None


def coverage_of(snapshot: Snapshot | None) -> Coverage | None:
    """Return what the lake covered at a snapshot."""
    values = _properties(snapshot)
    if _MARK not in values:
        return None
    return Coverage(datetime.fromisoformat(values[_MARK]), int(values.get(_RULES, 0)))


def pinned_id(snapshot: Snapshot | None, dataset: str) -> int | None:
    """Return the snapshot of another table that belongs to one of the entries' table."""
    text = _properties(snapshot).get(pin(dataset))
    return int(text) if text else None


def _properties(snapshot: Snapshot | None) -> dict[str, str]:
    return snapshot.summary.additional_properties if snapshot and snapshot.summary else {}


def pin(dataset: str) -> str:
    """Return the property that names the snapshot of another table."""
    return f"cca.{dataset}-snapshot"


def pinned(table: Table, ours: Snapshot | None, dataset: str) -> Snapshot | None:
    """Return the snapshot of another table that belongs to one of ours."""
    if ours is None:
        return None
    wanted = pinned_id(ours, dataset)
    if wanted is None:
        return None
    # Another engine may have expired it; the newest is the best there is.
    return table.snapshot_by_id(wanted) or table.current_snapshot()
