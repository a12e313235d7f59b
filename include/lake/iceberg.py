"""The lake as Iceberg tables: one commit per table and window, the entries' table last.

A snapshot of the entries' table names the coverage and the snapshots of the other two tables that
belong to it. Readers start from it, so nobody sees the half that a crash between commits leaves.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSelector
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.io.pyarrow import (
    PyArrowFileIO,
    parquet_files_to_data_files,
    schema_to_pyarrow,
)
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from cca.errors import WarehouseError
from cca.lake import catalog
from cca.lake.manifest import Coverage, LakeFile, Manifest
from cca.lake.snapshot_properties import coverage_of, of_coverage, pin, pinned, written_by_us
from cca.lake.store import Commit, CommitBuilder, parquet_options
from cca.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

# The entries' table comes last: its snapshot names the others'.
COMMIT_ORDER = ("rejects", "limits", "content_blocks", "conversations")
_EPOCH = date(1970, 1, 1)
# Another machine may write files that it has not committed yet.
_ORPHAN_AFTER = timedelta(days=1)
_COMMIT_TRIES = 8
_LONGEST_PAUSE_SECONDS = 2.0
_EARLIEST, _LATEST = "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"


class IcebergStore:
    """Our tables in the catalog, one for each dataset."""

    def __init__(self, settings: Settings) -> None:
        self.tables = catalog.ensured(settings)

    def read(self) -> Manifest:
        return self.at(None)

    def at(self, snapshot: Snapshot | None) -> Manifest:
        """Return files and coverage at a snapshot of the entries' table; now, if None."""
        entries = self.tables["conversations"]
        head = snapshot or entries.current_snapshot()
        ours = written_by_us(entries, head)
        files: list[LakeFile] = []
        for dataset, table in self.tables.items():
            chosen = head if dataset == "conversations" else pinned(table, ours, dataset)
            files.extend(file for file, _ in _live(dataset, table, chosen))
        return Manifest(tuple(sorted(files, key=lambda file: file.path)), coverage_of(ours))

    def put(self, dataset: str, day: date, name: str, table: pa.Table) -> str:
        target = self.tables[dataset]
        path = f"{target.location()}/data/date={day.isoformat()}/{name}"
        # The columns carry the table's field ids: Iceberg reads by them.
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

    def commit(self, builder: CommitBuilder, coverage: Coverage | None) -> Commit:
        """Commit each table that changes, on top of what other writers committed meanwhile."""
        done = Commit()
        for dataset in COMMIT_ORDER:
            commit = self._commit(dataset, builder, coverage, is_needed=done != Commit())
            done = Commit((*done.removed, *commit.removed), (*done.added, *commit.added))
        return done

    def _commit(
        self, dataset: str, builder: CommitBuilder, coverage: Coverage | None, *, is_needed: bool
    ) -> Commit:
        is_last = dataset == COMMIT_ORDER[-1]

        def attempt() -> Commit:
            table = self.tables[dataset].refresh()
            entries = dict(_live(dataset, table, table.current_snapshot()))
            commit = builder(tuple(entries)).of(dataset)
            if commit != Commit() or (is_last and is_needed):
                properties = self._properties(coverage, with_heads=is_last)
                _replace(table, [entries[file] for file in commit.removed], commit, properties)
            return commit

        return _repeated(self.tables[dataset], attempt)

    def record_coverage(self, coverage: Coverage) -> None:
        """Commit no files; a commit of another writer in between is no obstacle."""

        def attempt() -> None:
            table = self.tables["conversations"].refresh()
            _replace(table, [], Commit(), self._properties(coverage, with_heads=True))

        _repeated(self.tables["conversations"], attempt)

    def remove_orphan_files(self, *, is_alone: bool = False) -> int:
        """Delete orphans that no commit on its way can still use; return how many there were."""
        limit = datetime.now(UTC) - (timedelta(0) if is_alone else _ORPHAN_AFTER)
        return sum(_remove_orphans(table, limit) for table in self.tables.values())

    def append_empty_snapshots(self) -> None:
        """Append a snapshot without changes to each table.

        The manifests of a snapshot that removes files still list them with their smallest and
        largest values; those of the next snapshot do not.
        """
        for dataset in COMMIT_ORDER:
            table = self.tables[dataset].refresh()
            if table.current_snapshot() is None:
                continue
            properties = self._properties(None, with_heads=dataset == COMMIT_ORDER[-1])
            with table.transaction() as transaction:
                update = transaction.update_snapshot(snapshot_properties=properties)
                with update.fast_append():
                    pass

    def _properties(self, coverage: Coverage | None, *, with_heads: bool) -> dict[str, str]:
        """Return what a new snapshot carries: the coverage given, else the one there is."""
        entries = self.tables["conversations"].refresh()
        known = coverage or coverage_of(written_by_us(entries, entries.current_snapshot()))
        values = of_coverage(known) if known else {}
        return values | (self._heads() if with_heads else {})

    def _heads(self) -> dict[str, str]:
        # As they are now: another writer's newer rows must not be left behind.
        heads = {
            dataset: table.refresh().current_snapshot()
            for dataset, table in self.tables.items()
            if dataset != "conversations"
        }
        return {pin(dataset): str(head.snapshot_id) for dataset, head in heads.items() if head}


def _repeated(table: Table, attempt: Callable[[], T]) -> T:
    """Attempt a commit until no other writer is faster.

    Raises:
        WarehouseError: Others were faster every time.

    """
    name = ".".join(table.name())
    retrying = Retrying(
        retry=retry_if_exception_type((CommitFailedException, ValidationException)),
        stop=stop_after_attempt(_COMMIT_TRIES),
        wait=wait_random_exponential(multiplier=0.2, max=_LONGEST_PAUSE_SECONDS),
        before_sleep=lambda _: log.warning("%s: another writer was faster; trying again", name),
    )
    try:
        return retrying(attempt)
    except RetryError as error:
        raise WarehouseError(
            f"Iceberg table {name}: other writers were faster {_COMMIT_TRIES} times; "
            "run again when they are done"
        ) from error


def _remove_orphans(table: Table, limit: datetime) -> int:
    """Delete the files in a table's folder that are older than a time and in no snapshot."""
    io = table.io
    if not isinstance(io, PyArrowFileIO):
        return 0
    scheme, host, folder = io.parse_location(f"{table.location()}/data", io.properties)
    files = io.fs_by_scheme(scheme, host)
    used = {io.parse_location(path, io.properties)[2] for path in _data_paths(table)}
    # A table without rows has no folder.
    listed = files.get_file_info(FileSelector(folder, recursive=True, allow_not_found=True))
    orphans = [
        one.path
        for one in listed
        if one.path.endswith(".parquet") and one.path not in used and one.mtime < limit
    ]
    for path in orphans:
        files.delete_file(path)
    return len(orphans)


def _data_paths(table: Table) -> Iterator[str]:
    """Yield the data files of every snapshot there is."""
    seen: set[str] = set()
    for snapshot in table.snapshots():
        for one in snapshot.manifests(table.io):
            if one.manifest_path not in seen:
                seen.add(one.manifest_path)
                for entry in one.fetch_manifest_entry(table.io, discard_deleted=True):
                    yield entry.data_file.file_path


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
    """Return first and last value; a file without statistics may hold everything."""
    field = table.schema().find_field(column)
    first = (file.lower_bounds or {}).get(field.field_id)
    last = (file.upper_bounds or {}).get(field.field_id)
    return (
        _iso_time(first) if first is not None else _EARLIEST,
        _iso_time(last) if last is not None else _LATEST,
    )


def _iso_time(bound: bytes) -> str:
    """Iceberg writes a bound of a timestamp as microseconds since 1970, little-endian."""
    microseconds = int.from_bytes(bound, "little", signed=True)
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest).isoformat()


def _replace(
    table: Table, removed: Sequence[DataFile], commit: Commit, properties: dict[str, str]
) -> None:
    paths = [file.path for file in commit.added]
    with table.transaction() as transaction:
        update = transaction.update_snapshot(snapshot_properties=properties)
        # Appends merge small manifests; only an overwrite can remove files.
        with update.overwrite() if removed or not paths else update.merge_append() as producer:
            for file in removed:
                producer.delete_data_file(file)
            for file in parquet_files_to_data_files(
                table.io, transaction.table_metadata, iter(paths)
            ):
                producer.append_data_file(file)
