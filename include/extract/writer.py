"""Writes rows to files by date, with bounded memory."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import Any

import pyarrow as pa

from cca.arrow import without_pandas
from cca.extract.convert import Row, Rows
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
    """What waits for the files of a date: rows, and tables of earlier rows."""

    found: list[Rows] = field(default_factory=list)
    blocks: int = 0
    packed: dict[str, list[pa.Table]] = field(default_factory=dict)
    size_bytes: int = 0

    def pack(self) -> None:
        for dataset, table in tables_of(self.found).items():
            self.packed.setdefault(dataset, []).append(table)
        self.found, self.blocks = [], 0


class LakeWriter:
    """Collects rows by date and writes them as files; `close` returns the files.

    With `dates_in_order` it writes a date when the next one begins: fewer rows stay in memory,
    and the process touches fewer new pages, which cost as much as the rows.
    """

    def __init__(self, lake: Lake, *, dates_in_order: bool) -> None:
        without_pandas()
        self._lake = lake
        self._dates_in_order = dates_in_order
        self._pending: dict[date, _Pending] = {}
        self._pending_bytes = 0
        self.files: list[LakeFile] = []

    def add(self, found: Rows, size_bytes: int) -> None:
        """Add the rows of a document; `size_bytes` is about what their values take in memory."""
        pending = self._pending.get(found.day)
        if pending is None:
            if self._dates_in_order:
                self.close()
            pending = self._pending[found.day] = _Pending()
        pending.found.append(found)
        blocks = len(found.blocks)
        pending.blocks += blocks
        size_bytes += _ROW_OVERHEAD_BYTES * (1 + blocks)
        pending.size_bytes += size_bytes
        self._pending_bytes += size_bytes
        if len(pending.found) >= _PACKED_ROWS or pending.blocks >= _PACKED_ROWS:
            pending.pack()
        if self._pending_bytes > BUFFERED_BYTES:
            self._flush(max(self._pending, key=lambda day: self._pending[day].size_bytes))

    def close(self) -> list[LakeFile]:
        """Write the rest; return all files written, which become live with a commit."""
        for day in sorted(self._pending):
            self._flush(day)
        return self.files

    def _flush(self, day: date) -> None:
        pending = self._pending.pop(day)
        self._pending_bytes -= pending.size_bytes
        if pending.found:
            pending.pack()
        for dataset, tables in pending.packed.items():
            self.files.append(self._lake.write(dataset, day, in_order(tables)))


def tables_of(found: Sequence[Rows]) -> dict[str, pa.Table]:
    """Return the rows of documents as a table for each dataset; one without rows is left out.

    A value that is not of its column's type is null.
    """
    entries = [one for one in found if one.conversation]
    tables = {
        "conversations": _table_of(
            [row for one in found if (row := one.conversation)], "conversations"
        ),
        "limits": _table_of([one.limits for one in found if one.limits], "limits"),
        "rejects": _table_of([one.reject for one in found if one.reject], "rejects"),
    }
    tables["content_blocks"] = _blocks_of(entries, tables["conversations"])
    return {dataset: table for dataset, table in tables.items() if table.num_rows}


def _blocks_of(entries: Sequence[Rows], table: pa.Table) -> pa.Table:
    """Return the rows of all blocks; the columns that place a block are its entry's."""
    schema = DATASETS["content_blocks"]
    rows = [row for one in entries for row in one.blocks]
    if not rows:
        return schema.empty_table()
    owners = array("i", [owner for owner, one in enumerate(entries) for _ in one.blocks])
    numbers = array("i", [number for one in entries for number in range(len(one.blocks))])
    placed = table.select(list(_PLACED.values())).take(_integers(owners))
    columns = dict(zip(_PLACED, placed.columns, strict=True)) | {"block_index": _integers(numbers)}
    own = zip(*rows, strict=True)
    columns |= {one.name: _array(values, one) for one, values in zip(_OWN, own, strict=True)}
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


# A block's own columns begin with its kind; each before it but the index is one of its entry's.
_BLOCKS = DATASETS["content_blocks"]
_OWN = list(_BLOCKS)[_BLOCKS.get_field_index("kind") :]
_PLACED = {
    name: "uuid" if name == "entry_uuid" else name
    for name in _BLOCKS.names[: -len(_OWN)]
    if name != "block_index"
}


def _table_of(rows: list[Row], dataset: str) -> pa.Table:
    schema = DATASETS[dataset]
    if not rows:
        return schema.empty_table()
    columns = zip(*rows, strict=True)
    arrays = [_array(values, field) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _integers(values: "array[int]") -> pa.Array:
    return pa.Array.from_buffers(pa.int32(), len(values), [None, pa.py_buffer(values)])


def _array(values: tuple[Any, ...], field: pa.Field) -> pa.Array:
    if isinstance(values[0], bytes):
        return _utf8(values)
    # Half of the columns are null in most batches, which is counted sooner than it is converted.
    if values[-1] is None and values.count(None) == len(values):
        return pa.nulls(len(values), field.type)
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
