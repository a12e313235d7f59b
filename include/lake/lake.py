"""The lake, whatever its format: files of rows by date, replaced as a set by one commit."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cca.errors import WarehouseError
from cca.lake import manifest
from cca.lake.arrivals import ArrivalCounts
from cca.lake.manifest import Coverage, LakeFile, Manifest
from cca.lake.store import Commit, CommitBuilder, Store
from cca.lake.time_range import TimeRange
from cca.records import DATASETS
from cca.settings import Settings


@dataclass
class Lake:
    """One format's lake while this process holds its lock."""

    store: Store
    arrivals: ArrivalCounts
    committing: Callable[[], AbstractContextManager[None]]
    _run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    _written: int = 0

    def read(self) -> Manifest:
        return self.store.read()

    def write(self, dataset: str, day: date, table: pa.Table) -> LakeFile:
        """Write a new file; it is live only when a commit adds it."""
        name = f"{self._run}-{self._written:04d}.parquet"
        self._written += 1
        path = self.store.put(dataset, day, name, table)
        if dataset != "content_blocks":
            self.arrivals.add(path, table["ingested_at"])
        return _described(path, dataset, day, table)

    def table(self, file: LakeFile, columns: list[str] | None = None) -> pa.Table:
        """Return a file's rows in today's schema: a column that the file lacks is null.

        Raises:
            WarehouseError: The file is missing or damaged.

        """
        schema = DATASETS[file.dataset]
        wanted = columns or schema.names
        try:
            parquet = pq.ParquetFile(self.store.source(file.path))
            found = parquet.read([name for name in wanted if name in parquet.schema_arrow.names])
        except (pa.ArrowException, OSError) as error:
            why = " ".join(str(error).split())
            message = (
                f"{self.store.local(file.path) or file.path} cannot be read ({why}); "
                "`cca rebuild lake` builds the lake again from MongoDB"
            )
            raise WarehouseError(message) from error
        return pa.table(
            [_column(found, schema.field(name)) for name in wanted],
            schema=pa.schema([schema.field(name) for name in wanted]),
        )

    def commit(self, builder: CommitBuilder, coverage: Coverage | None) -> Commit:
        """Commit what the builder returns for the live files; None keeps the coverage."""
        with self.committing():
            commit = self.store.commit(builder, coverage)
            after = self.read()
            self.arrivals.save(after.files, after.high_water_mark)
        return commit

    def record_coverage(self, coverage: Coverage) -> None:
        """Commit a coverage and no files."""
        with self.committing():
            self.store.record_coverage(coverage)

    def without(self, files: Iterable[LakeFile], scope: TimeRange) -> list[LakeFile]:
        """Write the files again without the rows of a range; a file that loses all is left out."""
        rewritten = []
        for file in files:
            if scope.covers(file):
                continue
            table = self.table(file)
            kept = table.filter(pc.invert(scope.rows(table)))
            if kept.num_rows:
                rewritten.append(self.write(file.dataset, date.fromisoformat(file.date), kept))
        return rewritten


@contextmanager
def holding(
    settings: Settings, storage_format: str | None = None, *, is_shared: bool = False
) -> Iterator[Lake]:
    """Hold the lake of a format, alone or shared with others; STORAGE_FORMAT by default."""
    chosen = manifest.supported(storage_format or settings.storage_format)
    committing = partial(manifest.committing, settings, chosen)
    with manifest.locked(settings, chosen, is_shared=is_shared):
        with committing():
            store = _store(settings, chosen)
        yield Lake(store, ArrivalCounts(manifest.arrivals_path(settings, chosen)), committing)


def _store(settings: Settings, storage_format: str) -> Store:
    """Make the store of a format: the one place that knows which there are."""
    if storage_format == "iceberg":
        from cca.lake.iceberg import IcebergStore  # noqa: PLC0415  (takes a second)

        return IcebergStore(settings)
    from cca.lake.parquet import ParquetStore  # noqa: PLC0415  (as the other)

    return ParquetStore(settings)


def _column(found: pa.Table, wanted: pa.Field) -> Any:
    if wanted.name in found.column_names:
        return found[wanted.name].cast(wanted.type)
    return pa.nulls(found.num_rows, wanted.type)


def _described(path: str, dataset: str, day: date, table: pa.Table) -> LakeFile:
    ingested, event = (pc.min_max(table[column]).as_py() for column in ("ingested_at", "event_at"))
    return LakeFile(
        path=path,
        dataset=dataset,
        date=day.isoformat(),
        rows=table.num_rows,
        ingested_min=ingested["min"].isoformat(),
        ingested_max=ingested["max"].isoformat(),
        event_min=event["min"].isoformat(),
        event_max=event["max"].isoformat(),
    )
