"""Writes rows to files by date, with bounded memory."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import Any

import pyarrow as pa

from cca.extract.convert import Row
from cca.lake.lake import Lake
from cca.lake.manifest import LakeFile
from cca.lake.store import in_order
from cca.records import DATASETS
from cca.transcript.values import integer, string

# Rows in memory before the largest date is written; about 100 MB of ordinary entries.
BUFFERED_BYTES = 96 * 2**20
_ROW_OVERHEAD_BYTES = 500
# So many rows still lie in the processor's cache when they become columns: half the time.
_PACKED_ROWS = 1000


@dataclass(slots=True)
class _Pending:
    rows: list[Row] = field(default_factory=list)
    packed: list[pa.Table] = field(default_factory=list)
    size_bytes: int = 0

    def pack(self, dataset: str) -> None:
        self.packed.append(table_of(self.rows, dataset))
        self.rows = []


class LakeWriter:
    """Collects rows by dataset and date and writes them as files; `close` returns the files.

    With `dates_in_order` it writes a date when the next one begins: fewer rows stay in memory,
    and the process touches fewer new pages, which cost as much as the rows.
    """

    def __init__(self, lake: Lake, *, dates_in_order: bool) -> None:
        self._lake = lake
        self._dates_in_order = dates_in_order
        self._day: date | None = None
        self._pending: dict[tuple[str, date], _Pending] = {}
        self._pending_bytes = 0
        self.files: list[LakeFile] = []

    def add(self, dataset: str, day: date, rows: list[Row], size_bytes: int) -> None:
        """Add rows of a date; `size_bytes` is about what they take in memory."""
        if day != self._day:
            if self._dates_in_order:
                self.close()
            self._day = day
        pending = self._pending.get((dataset, day))
        if pending is None:
            pending = self._pending[dataset, day] = _Pending()
        pending.rows += rows
        if len(pending.rows) >= _PACKED_ROWS:
            pending.pack(dataset)
        size_bytes += _ROW_OVERHEAD_BYTES * len(rows)
        pending.size_bytes += size_bytes
        self._pending_bytes += size_bytes
        if self._pending_bytes > BUFFERED_BYTES:
            self._flush(max(self._pending, key=lambda key: self._pending[key].size_bytes))

    def close(self) -> list[LakeFile]:
        """Write the rest; return all files written, which become live with a commit."""
        for key in sorted(self._pending):
            self._flush(key)
        return self.files

    def _flush(self, key: tuple[str, date]) -> None:
        dataset, day = key
        pending = self._pending.pop(key)
        self._pending_bytes -= pending.size_bytes
        if pending.rows:
            pending.pack(dataset)
        self.files.append(self._lake.write(dataset, day, in_order(pending.packed)))


def table_of(rows: list[Row], dataset: str) -> pa.Table:
    """Return rows as a table; a value that is not of its column's type is null."""
    schema = DATASETS[dataset]
    if not rows:
        return schema.empty_table()
    columns = zip(*rows, strict=True)
    arrays = [_array(values, field) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: tuple[Any, ...], field: pa.Field) -> pa.Array:
    if isinstance(values[0], bytes):
        return _utf8(values)
    try:
        return pa.array(values, field.type)
    except (TypeError, ValueError, OverflowError):
        # One value is of another type, or no UTF-8: only then is each looked at.
        return pa.array([_fitting(field.type)(value) for value in values], field.type)


def _utf8(values: tuple[bytes, ...]) -> pa.Array:
    """Return texts that are UTF-8 already; Python strings would copy most bytes of a run twice."""
    offsets = array("i", accumulate(map(len, values), initial=0))
    buffers = pa.py_buffer(offsets), pa.py_buffer(b"".join(values))
    return pa.StringArray.from_buffers(len(values), *buffers)


def _fitting(kind: pa.DataType) -> Callable[[Any], Any]:
    if pa.types.is_string(kind):
        return string
    if pa.types.is_boolean(kind):
        return lambda value: value if isinstance(value, bool) else None
    if pa.types.is_integer(kind):
        return integer
    return lambda value: value
