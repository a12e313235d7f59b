"""Rows to Parquet files by date: bounded memory, each file complete before it has its name."""

import os
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include.extract.blocks import Row
from include.extract.manifest import LakeFile, sync_folder
from include.records import DATASETS

# rows held before the largest date is written out; about 100 MB of ordinary entries
BUFFERED_BYTES = 96 * 2**20
_ROW_OVERHEAD_BYTES = 300
_SORT = ["stream", "generation", "source_offset"]


class LakeWriter:
    """Collects rows by dataset and date and writes them as files; `close` gives what it wrote."""

    def __init__(self, lake_dir: Path) -> None:
        self._lake_dir = lake_dir
        self._run = uuid.uuid4().hex[:12]
        self._rows: dict[tuple[str, date], list[Row]] = defaultdict(list)
        self._bytes: dict[tuple[str, date], int] = defaultdict(int)
        self._held_bytes = 0
        self.files: list[LakeFile] = []

    def add(self, dataset: str, row: Row, size_bytes: int) -> None:
        """Take a row; `size_bytes` is about what it holds in memory."""
        key = (dataset, row["date"])
        self._rows[key].append(row)
        self._bytes[key] += size_bytes + _ROW_OVERHEAD_BYTES
        self._held_bytes += size_bytes + _ROW_OVERHEAD_BYTES
        if self._held_bytes > BUFFERED_BYTES:
            self._flush(max(self._bytes, key=self._bytes.__getitem__))

    def close(self) -> list[LakeFile]:
        """Write what is left; the files written, none of them live before a manifest says so."""
        for key in sorted(self._rows):
            self._flush(key)
        return self.files

    def _flush(self, key: tuple[str, date]) -> None:
        dataset, day = key
        rows = self._rows.pop(key)
        self._held_bytes -= self._bytes.pop(key)
        table = _table(rows, DATASETS[dataset])
        name = f"{self._run}-{len(self.files):04d}.parquet"
        self.files.append(write_file(self._lake_dir, dataset, day, name, table))


def write_file(lake_dir: Path, dataset: str, day: date, name: str, table: pa.Table) -> LakeFile:
    """One sorted, compressed file under its date, on disk before it has its name."""
    if "stream" in table.column_names:
        table = table.sort_by([(column, "ascending") for column in _SORT])
    path = lake_dir / dataset / f"date={day.isoformat()}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    pq.write_table(table, fresh, compression="zstd")
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
    ingested, event = (pc.min_max(table[column]).as_py() for column in ("ingested_at", "event_at"))
    return LakeFile(
        path=path.relative_to(lake_dir).as_posix(),
        dataset=dataset,
        date=day.isoformat(),
        rows=table.num_rows,
        ingested_min=ingested["min"].isoformat(),
        ingested_max=ingested["max"].isoformat(),
        event_min=event["min"].isoformat(),
        event_max=event["max"].isoformat(),
    )


def without(
    lake_dir: Path, files: Iterable[LakeFile], is_owned: Callable[[pa.Table], pa.ChunkedArray]
) -> list[LakeFile]:
    """Rewrite files without the rows a window owns; a file that loses all is not written."""
    rewritten = []
    for file in files:
        table = pq.read_table(lake_dir / file.path, schema=DATASETS[file.dataset])
        kept = table.filter(pc.invert(is_owned(table)))
        if kept.num_rows:
            name = f"{uuid.uuid4().hex[:12]}-kept.parquet"
            day = date.fromisoformat(file.date)
            rewritten.append(write_file(lake_dir, file.dataset, day, name, kept))
    return rewritten


def _table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    columns: list[list[Any]] = [[row.get(name) for row in rows] for name in schema.names]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
