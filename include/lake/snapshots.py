"""Snapshots of the Iceberg tables: list, find, roll back to and expire them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from cca.errors import NotFound, SettingError
from cca.lake import catalog, manifest
from cca.lake.snapshot_properties import coverage_of, pinned_id, written_by_us
from cca.settings import Settings


@dataclass(frozen=True)
class TableInfo:
    """One table as it is now."""

    dataset: str
    table: str
    location: str
    rows: int
    files: int
    bytes: int
    columns: int
    snapshots: int
    snapshot_id: int | None


@dataclass(frozen=True)
class SnapshotInfo:
    """A snapshot of the entries' table: a state of the whole lake."""

    snapshot_id: int
    at: datetime
    operation: str
    rows: int
    rows_added: int
    rows_removed: int
    extracted: datetime | None
    is_current: bool


@dataclass(frozen=True)
class Expired:
    """Snapshots and files that were deleted."""

    snapshots: int
    files: int


def info(settings: Settings) -> list[TableInfo]:
    """Return each of our tables that exists."""
    return [_info(dataset, table) for dataset, table in catalog.existing(settings).items()]


def list_all(settings: Settings) -> list[SnapshotInfo]:
    """Return every state of the lake that can still be read, oldest first.

    Raises:
        NotFound: There are no Iceberg tables.

    """
    table = _entries(settings)
    head = table.current_snapshot()
    return [_snapshot_info(table, one, head) for one in sorted(table.snapshots(), key=_time_of)]


def find(settings: Settings, snapshot_id: int | None, as_of: datetime | None) -> Snapshot:
    """Return the snapshot with an id, or the last one at a time.

    Raises:
        NotFound: There is none.
        SettingError: Neither an id nor a time is given.

    """
    table = _entries(settings)
    if snapshot_id is not None:
        found = table.snapshot_by_id(snapshot_id)
    elif as_of is not None:
        found = table.snapshot_as_of_timestamp(int(as_of.timestamp() * 1000))
    else:
        raise SettingError("name a snapshot or a time")
    if found is None:
        wanted = snapshot_id if snapshot_id is not None else as_of
        raise NotFound(f"no snapshot {wanted}; `cca iceberg snapshots` lists those there are")
    return found


def rollback(settings: Settings, snapshot: Snapshot) -> None:
    """Make a snapshot the present state; the next run extracts again what came after it."""
    with manifest.locked(settings, "iceberg"):
        tables = catalog.existing(settings)
        entries = tables["conversations"]
        ours = written_by_us(entries, snapshot)
        # Readers start from the entries' table, so it is first: it names the right snapshots.
        entries.manage_snapshots().rollback_to_snapshot(snapshot.snapshot_id).commit()
        for dataset, table in tables.items():
            if dataset == "conversations":
                continue
            wanted = pinned_id(ours, dataset)
            if wanted is not None:
                table.manage_snapshots().rollback_to_snapshot(wanted).commit()
            elif table.current_snapshot() is not None:
                table.delete("_id is not null")


def expire(settings: Settings, older_than: datetime) -> Expired:
    """Delete snapshots older than a time, never the present one, and files that only they used."""
    with manifest.locked(settings, "iceberg"):
        return expire_held(settings, older_than)


def expire_held(settings: Settings, older_than: datetime) -> Expired:
    """Do the same for a caller that holds the lake already."""
    tables = catalog.existing(settings)
    entries = tables.get("conversations")
    if entries is None:
        return Expired(0, 0)
    snapshots, files = _expire(entries, older_than, keep=set())
    left = [written_by_us(entries, one) for one in entries.snapshots()]
    for dataset, table in tables.items():
        if dataset != "conversations":
            pins = {pinned_id(one, dataset) for one in left}
            files += _expire(table, older_than, keep={pin for pin in pins if pin})[1]
    return Expired(snapshots, files)


def _expire(table: Table, older_than: datetime, keep: set[int]) -> tuple[int, int]:
    limit = int(older_than.timestamp() * 1000)
    kept = keep | {ref.snapshot_id for ref in table.refs().values()}
    old = [
        one.snapshot_id
        for one in table.snapshots()
        if one.timestamp_ms < limit and one.snapshot_id not in kept
    ]
    if not old:
        return 0, 0
    before = set(_paths(table, table.snapshots()))
    table.maintenance.expire_snapshots().by_ids(old).commit()
    table.refresh()
    unused = before.difference(_paths(table, table.snapshots()))
    for path in unused:
        table.io.delete(path)
    return len(old), len(unused)


def _paths(table: Table, snapshots: Iterable[Snapshot]) -> Iterator[str]:
    """Yield every file that the snapshots need: lists, manifests, data."""
    seen: set[str] = set()
    for snapshot in snapshots:
        yield snapshot.manifest_list
        for one in snapshot.manifests(table.io):
            if one.manifest_path not in seen:
                seen.add(one.manifest_path)
                yield one.manifest_path
                for entry in one.fetch_manifest_entry(table.io, discard_deleted=True):
                    yield entry.data_file.file_path


def _entries(settings: Settings) -> Table:
    tables = catalog.existing(settings)
    if "conversations" not in tables:
        raise NotFound(
            "there are no Iceberg tables yet: run `cca extract --iceberg` or `cca iceberg create`"
        )
    return tables["conversations"]


def _info(dataset: str, table: Table) -> TableInfo:
    head = table.current_snapshot()
    files: list[DataFile] = [task.file for task in table.scan().plan_files()] if head else []
    return TableInfo(
        dataset=dataset,
        table=".".join(table.name()),
        location=table.location(),
        rows=sum(file.record_count for file in files),
        files=len(files),
        bytes=sum(file.file_size_in_bytes for file in files),
        columns=len(table.schema().fields),
        snapshots=len(table.snapshots()),
        snapshot_id=head.snapshot_id if head else None,
    )


def _snapshot_info(table: Table, snapshot: Snapshot, head: Snapshot | None) -> SnapshotInfo:
    def number(name: str) -> int:
        return int(_summary(snapshot).get(name) or 0)

    coverage = coverage_of(written_by_us(table, snapshot))
    return SnapshotInfo(
        snapshot_id=snapshot.snapshot_id,
        at=_time_of(snapshot),
        operation=snapshot.summary.operation.value if snapshot.summary else "",
        rows=number("total-records"),
        rows_added=number("added-records"),
        rows_removed=number("deleted-records"),
        extracted=coverage.high_water_mark if coverage else None,
        is_current=head is not None and head.snapshot_id == snapshot.snapshot_id,
    )


def _summary(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.summary.additional_properties if snapshot.summary else {}


def _time_of(snapshot: Snapshot) -> datetime:
    return datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
