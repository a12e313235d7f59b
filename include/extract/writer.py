"""Rows to files by date, with bounded memory."""

from collections import defaultdict
from datetime import date
from operator import itemgetter
from typing import Any

import pyarrow as pa

from include.extract.blocks import Row
from include.extract.lake import SORTED_BY, Lake
from include.extract.manifest import LakeFile
from include.records import DATASETS

# rows held before the largest date is written out; about 100 MB of ordinary entries
BUFFERED_BYTES = 96 * 2**20
_ROW_OVERHEAD_BYTES = 300
_place = itemgetter(*SORTED_BY)


class LakeWriter:
    """Collects rows by dataset and date and writes them as files; `close` gives what it wrote."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
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
        """Write what is left; the files written, none of them live before a commit says so."""
        for key in sorted(self._rows):
            self._flush(key)
        return self.files

    def _flush(self, key: tuple[str, date]) -> None:
        dataset, day = key
        rows = self._rows.pop(key)
        self._held_bytes -= self._bytes.pop(key)
        if dataset != "rejects":
            rows.sort(key=_place)  # stable: the blocks of an entry stay in order
        self.files.append(self._lake.write(dataset, day, table_of(rows, dataset)))


def table_of(rows: list[Row], dataset: str) -> pa.Table:
    """Rows as a table; a column that a row does not name is null."""
    schema = DATASETS[dataset]
    columns: list[list[Any]] = [[row.get(name) for row in rows] for name in schema.names]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
