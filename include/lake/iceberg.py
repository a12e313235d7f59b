"""The lake as Iceberg tables: one commit per table and window, the entries' table last.

A snapshot of the entries' table names the mark and the snapshots of the other two that belong to
it. Readers start from it, so a crash between the commits shows nobody a half.
"""

import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.io.pyarrow import parquet_files_to_data_files, schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from cca.errors import WarehouseError
from cca.lake import catalog, manifest
from cca.lake.manifest import LakeFile, Manifest
from cca.lake.store import Change, Plan, parquet_options
from cca.settings import Settings

log = logging.getLogger(__name__)

# the entries' table last: its snapshot names the others'
COMMIT_ORDER = ("rejects", "content_blocks", "conversations")
MARK = "cca.extracted"
_EPOCH = date(1970, 1, 1)
# another machine may write files that it has not committed yet
_STRAY_AFTER = timedelta(days=1)
_COMMIT_TRIES = 8
_LONGEST_PAUSE_SECONDS = 2.0
_EARLIEST, _LATEST = "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"


class IcebergStore:
    """Our three tables in the catalog; the marks of gold stay in a file of this machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.tables = catalog.ensured(settings)

    def read(self) -> Manifest:
        return self.at(None)

    def at(self, snapshot: Snapshot | None) -> Manifest:
        """Files and mark at a snapshot of the entries' table; now, if None."""
        entries = self.tables["conversations"]
        head = snapshot or entries.current_snapshot()
        ours = written_by_us(entries, head)
        files: list[LakeFile] = []
        for dataset, table in self.tables.items():
            chosen = head if dataset == "conversations" else _pinned(table, ours, dataset)
            files.extend(file for file, _ in _live(dataset, table, chosen))
        return replace(
            manifest.read(self._settings, "iceberg"),
            files=tuple(sorted(files, key=lambda file: file.path)),
            extracted=mark_of(ours),
        )

    def put(self, dataset: str, day: date, name: str, table: pa.Table) -> str:
        target = self.tables[dataset]
        path = f"{target.location()}/data/date={day.isoformat()}/{name}"
        # the columns carry the table's field ids: they are what Iceberg reads by
        schema = schema_to_pyarrow(target.schema())
        by_id = table.select(schema.names).cast(schema)
        with target.io.new_output(path).create() as stream:
            pq.write_table(by_id, stream, **parquet_options(table.schema))
        return path

    def source(self, path: str) -> Any:
        return self.tables["conversations"].io.new_input(path).open()

    def local(self, path: str) -> str | None:
        scheme, separator, rest = path.partition("://")
        return path if not separator else rest if scheme == "file" else None

    def commit(self, plan: Plan, extracted: datetime | None) -> Change:
        """Commit each table that changes; other writers' commits in between are taken in."""
        done = Change()
        for dataset in COMMIT_ORDER:
            change = self._commit(dataset, plan, extracted, is_needed=done != Change())
            done = Change((*done.removed, *change.removed), (*done.added, *change.added))
        return done

    def _commit(
        self, dataset: str, plan: Plan, extracted: datetime | None, *, is_needed: bool
    ) -> Change:
        is_last = dataset == COMMIT_ORDER[-1]
        for attempt in range(1, _COMMIT_TRIES + 1):
            table = self.tables[dataset].refresh()
            entries = dict(_live(dataset, table, table.current_snapshot()))
            change = plan(tuple(entries)).of(dataset)
            if change == Change() and not (is_last and is_needed):
                return change
            properties = self._marks(extracted, with_heads=is_last)
            try:
                _replace(table, [entries[file] for file in change.removed], change, properties)
            except (CommitFailedException, ValidationException) as error:
                _wait(dataset, attempt, error)
                continue
            return change
        raise _too_busy(self.tables[dataset])

    def move_mark(self, extracted: datetime) -> None:
        """A commit of no files; another writer's in between is repeated upon."""
        for attempt in range(1, _COMMIT_TRIES + 1):
            table = self.tables["conversations"].refresh()
            properties = self._marks(extracted, with_heads=True)
            try:
                return _replace(table, [], Change(), properties)
            except (CommitFailedException, ValidationException) as error:
                _wait("conversations", attempt, error)
        raise _too_busy(self.tables["conversations"])

    def sweep(self, *, is_alone: bool = False) -> int:
        """Only on this machine's disks, and only what no commit can still be on its way to use."""
        strays = 0
        for table in self.tables.values():
            folder = self.local(f"{table.location()}/data")
            if folder is None:
                continue
            used = {self.local(path) for path in _data_paths(table)}
            limit = time.time() - (0 if is_alone else _STRAY_AFTER.total_seconds())
            for path in Path(folder).rglob("*.parquet"):
                if str(path) not in used and path.stat().st_mtime < limit:
                    path.unlink()
                    strays += 1
        return strays

    def renew(self) -> None:
        """A commit of nothing to each table.

        Files that a commit takes out are described in it still, with their smallest and largest
        values; in the next one no more.
        """
        for dataset in COMMIT_ORDER:
            table = self.tables[dataset].refresh()
            if table.current_snapshot() is None:
                continue
            properties = self._marks(None, with_heads=dataset == COMMIT_ORDER[-1])
            with table.transaction() as transaction:
                update = transaction.update_snapshot(snapshot_properties=properties)
                with update.fast_append():
                    pass

    def _marks(self, extracted: datetime | None, *, with_heads: bool) -> dict[str, str]:
        """The mark given, else the one there is, so that every snapshot of ours carries it."""
        entries = self.tables["conversations"].refresh()
        mark = extracted or mark_of(written_by_us(entries, entries.current_snapshot()))
        return ({MARK: mark.isoformat()} if mark else {}) | (self._heads() if with_heads else {})

    def _heads(self) -> dict[str, str]:
        # as they are now: another writer's newer rows must not be left behind
        heads = {
            dataset: table.refresh().current_snapshot()
            for dataset, table in self.tables.items()
            if dataset != "conversations"
        }
        return {_pin(dataset): str(head.snapshot_id) for dataset, head in heads.items() if head}


def _wait(dataset: str, attempt: int, error: Exception) -> None:
    log.warning("%s: another writer was faster (%s); planning anew", dataset, error)
    pause = min(0.1 * 2**attempt, _LONGEST_PAUSE_SECONDS)
    time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  (no secret)


def _too_busy(table: Table) -> WarehouseError:
    return WarehouseError(
        f"Iceberg table {'.'.join(table.name())}: other writers were faster "
        f"{_COMMIT_TRIES} times; run again when they are done"
    )


def _data_paths(table: Table) -> Iterator[str]:
    """Data files of every snapshot there is."""
    seen: set[str] = set()
    for snapshot in table.snapshots():
        for one in snapshot.manifests(table.io):
            if one.manifest_path not in seen:
                seen.add(one.manifest_path)
                for entry in one.fetch_manifest_entry(table.io, discard_deleted=True):
                    yield entry.data_file.file_path


def written_by_us(entries: Table, head: Snapshot | None) -> Snapshot | None:
    """The newest snapshot, from `head` back, that carries our mark or pins."""
    while head is not None:
        values = head.summary.additional_properties if head.summary else {}
        if any(name.startswith("cca.") for name in values):
            return head
        parent = head.parent_snapshot_id
        head = entries.snapshot_by_id(parent) if parent is not None else None
    return None


def mark_of(snapshot: Snapshot | None) -> datetime | None:
    """Up to where the lake held everything at a snapshot."""
    text = _properties(snapshot).get(MARK)
    return datetime.fromisoformat(text) if text else None


def pinned_id(snapshot: Snapshot | None, dataset: str) -> int | None:
    """The snapshot of another table that belongs to one of the entries' table."""
    text = _properties(snapshot).get(_pin(dataset))
    return int(text) if text else None


def _properties(snapshot: Snapshot | None) -> dict[str, str]:
    return snapshot.summary.additional_properties if snapshot and snapshot.summary else {}


def _pin(dataset: str) -> str:
    return f"cca.{dataset}-snapshot"


def _pinned(table: Table, ours: Snapshot | None, dataset: str) -> Snapshot | None:
    if ours is None:
        return None
    wanted = pinned_id(ours, dataset)
    if wanted is None:
        return None
    # another engine may have expired it; the newest is the best there is
    return table.snapshot_by_id(wanted) or table.current_snapshot()


def _live(
    dataset: str, table: Table, snapshot: Snapshot | None
) -> Iterator[tuple[LakeFile, DataFile]]:
    if snapshot is None:
        return
    for task in table.scan(snapshot_id=snapshot.snapshot_id).plan_files():
        if task.delete_files:
            raise WarehouseError(
                f"Iceberg table {'.'.join(table.name())}: another engine wrote delete files; "
                "rewrite its data files with that engine first"
            )
        yield _described(dataset, table, task.file), task.file


def _described(dataset: str, table: Table, file: DataFile) -> LakeFile:
    day = _EPOCH + timedelta(days=int(file.partition[0]))
    ingested = _span(table, file, "ingested_at")
    event = _span(table, file, "event_at")
    return LakeFile(file.file_path, dataset, day.isoformat(), file.record_count, *ingested, *event)


def _span(table: Table, file: DataFile, column: str) -> tuple[str, str]:
    """First and last value; everything may be in a file whose writer kept no statistics."""
    field = table.schema().find_field(column)
    first = (file.lower_bounds or {}).get(field.field_id)
    last = (file.upper_bounds or {}).get(field.field_id)
    return (
        _moment(first) if first is not None else _EARLIEST,
        _moment(last) if last is not None else _LATEST,
    )


def _moment(bound: bytes) -> str:
    """Iceberg writes a bound of a timestamp as microseconds since 1970, little-endian."""
    microseconds = int.from_bytes(bound, "little", signed=True)
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest).isoformat()


def _replace(
    table: Table, removed: Sequence[DataFile], change: Change, properties: dict[str, str]
) -> None:
    paths = [file.path for file in change.added]
    with table.transaction() as transaction:
        update = transaction.update_snapshot(snapshot_properties=properties)
        # appends merge small manifests; only an overwrite can take files out
        with update.overwrite() if removed or not paths else update.merge_append() as producer:
            for file in removed:
                producer.delete_data_file(file)
            for file in parquet_files_to_data_files(
                table.io, transaction.table_metadata, iter(paths)
            ):
                producer.append_data_file(file)
