"""The lake, whatever its format: files of rows by date, replaced as a set by one commit."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cca.errors import WarehouseError
from cca.lake import arrivals, manifest
from cca.lake.manifest import LakeFile, Manifest
from cca.lake.time_range import Range
from cca.records import DATASETS
from cca.settings import Settings

SORTED_BY = ("stream", "generation", "source_offset")


# long texts hardly repeat as a whole, and nobody prunes by their first letters
LONG_COLUMNS = frozenset({"_id", "text", "entry_json", "input_json", "document_json"})


# a dictionary of values that do not repeat is built for nothing
_UNIQUE = frozenset(
    {"uuid", "parent_uuid", "entry_uuid", "request_id", "message_id", "tool_use_id"}
)
_RISING = frozenset({"source_offset", "timestamp", "event_at", "ingested_at"})


def parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """How rows are written, in either format."""
    short = [name for name in schema.names if name not in LONG_COLUMNS]
    repeating = [name for name in short if name not in _UNIQUE and name not in _RISING]
    return {
        "compression": "zstd",
        "use_dictionary": repeating,
        "column_encoding": {name: "DELTA_BINARY_PACKED" for name in short if name in _RISING},
        "write_statistics": short,
    }


@dataclass(frozen=True)
class Change:
    """Files that go and files that come, in one commit."""

    removed: tuple[LakeFile, ...] = ()
    added: tuple[LakeFile, ...] = ()

    def of(self, dataset: str) -> "Change":
        """What of it concerns one dataset."""
        return Change(
            tuple(file for file in self.removed if file.dataset == dataset),
            tuple(file for file in self.added if file.dataset == dataset),
        )


# from the live files to what shall change; asked anew when another writer was faster
Plan = Callable[[Sequence[LakeFile]], Change]


class Store(Protocol):
    """Where a format keeps its files and how it commits."""

    def read(self) -> Manifest:
        """Live files and marks, as a reader must see them."""

    def put(self, dataset: str, day: date, name: str, table: pa.Table) -> str:
        """Write a file that is not live yet; its path in the lake."""

    def source(self, path: str) -> Any:
        """What pyarrow reads a file from."""

    def local(self, path: str) -> str | None:
        """A file's path on this machine, if it has one."""

    def commit(self, plan: Plan, extracted: datetime | None) -> Change:
        """Replace files, and the mark if one is given; only then old files may be deleted."""

    def move_mark(self, extracted: datetime) -> None:
        """Commit a mark alone."""

    def sweep(self, *, is_alone: bool = False) -> int:
        """Delete files that a crash left behind; how many.

        `is_alone`: no other machine writes, so that the youngest are left behind, too.
        """


@dataclass
class Lake:
    """One format's lake, held."""

    store: Store
    recent: arrivals.Recent
    committing: Callable[[], AbstractContextManager[None]]
    _run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    _written: int = 0

    def read(self) -> Manifest:
        return self.store.read()

    def write(self, dataset: str, day: date, table: pa.Table) -> LakeFile:
        """A new file; live only when a commit adds it."""
        name = f"{self._run}-{self._written:04d}.parquet"
        self._written += 1
        path = self.store.put(dataset, day, name, table)
        if dataset != "content_blocks":
            self.recent.add(path, table["ingested_at"])
        return _described(path, dataset, day, table)

    def table(self, file: LakeFile, columns: list[str] | None = None) -> pa.Table:
        """A file's rows in today's schema: a column it was written without is null."""
        schema = DATASETS[file.dataset]
        wanted = columns or schema.names
        try:
            parquet = pq.ParquetFile(self.store.source(file.path))
            found = parquet.read([name for name in wanted if name in parquet.schema_arrow.names])
        except (pa.ArrowException, OSError) as error:
            why = " ".join(str(error).split())
            message = (
                f"{self.store.local(file.path) or file.path} cannot be read ({why}); "
                "`cca rebuild lake` makes the lake anew from MongoDB"
            )
            raise WarehouseError(message) from error
        return pa.table(
            [_column(found, schema.field(name)) for name in wanted],
            schema=pa.schema([schema.field(name) for name in wanted]),
        )

    def commit(self, plan: Plan, extracted: datetime | None) -> Change:
        """Do what the plan says of the files that are live by then; no mark leaves it alone."""
        with self.committing():
            change = self.store.commit(plan, extracted)
            after = self.read()
            self.recent.save(after.files, after.extracted)
        return change

    def move_mark(self, extracted: datetime) -> None:
        with self.committing():
            self.store.move_mark(extracted)

    def without(self, files: Iterable[LakeFile], owned: Range) -> list[LakeFile]:
        """The files written anew without the rows of a range; what loses all is not written."""
        rewritten = []
        for file in files:
            if owned.covers(file):
                continue
            table = self.table(file)
            kept = table.filter(pc.invert(owned.rows(table)))
            if kept.num_rows:
                rewritten.append(self.write(file.dataset, date.fromisoformat(file.date), kept))
        return rewritten


@contextmanager
def holding(
    settings: Settings, storage_format: str | None = None, *, is_shared: bool = False
) -> Iterator[Lake]:
    """The lake of a format, alone or with others that share it; STORAGE_FORMAT by default."""
    chosen = manifest.supported(storage_format or settings.storage_format)
    committing = partial(manifest.committing, settings, chosen)
    with manifest.locked(settings, chosen, is_shared=is_shared):
        with committing():
            store = _store(settings, chosen)
        yield Lake(store, arrivals.Recent(settings.lake_dir / f"{chosen}-recent.json"), committing)


def _store(settings: Settings, storage_format: str) -> Store:
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
