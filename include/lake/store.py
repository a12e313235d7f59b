"""What a storage format must offer, and what all formats share; it knows none of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import pyarrow as pa

from cca.lake.manifest import Coverage, LakeFile, Manifest

_SORTED_BY = ("stream", "generation", "source_offset", "block_index")

# Long texts hardly repeat as a whole, and nobody prunes by their first letters.
LONG_COLUMNS = frozenset({"_id", "text", "rest_json", "input_json", "document_json"})

# A dictionary of values that do not repeat costs time and saves nothing.
_UNIQUE = frozenset(
    {"uuid", "parent_uuid", "entry_uuid", "request_id", "message_id", "tool_use_id"}
)
_RISING = frozenset({"source_offset", "timestamp", "event_at", "ingested_at"})


def parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """Return the options of `pyarrow.parquet.write_table` for a dataset, in either format."""
    short = [name for name in schema.names if name not in LONG_COLUMNS]
    repeating = [name for name in short if name not in _UNIQUE and name not in _RISING]
    return {
        "compression": "zstd",
        "use_dictionary": repeating,
        "column_encoding": {name: "DELTA_BINARY_PACKED" for name in short if name in _RISING},
        "write_statistics": short,
    }


def in_order(tables: Sequence[pa.Table]) -> pa.Table:
    """Return the rows of all tables in the order of a file: by record; rejects as they came."""
    table = pa.concat_tables(tables)
    order = [(name, "ascending") for name in _SORTED_BY if name in table.column_names]
    return table.sort_by(order) if order else table


@dataclass(frozen=True)
class Commit:
    """Files that one commit removes, and files that it adds."""

    removed: tuple[LakeFile, ...] = ()
    added: tuple[LakeFile, ...] = ()

    def of(self, dataset: str) -> "Commit":
        """Return the part of it that concerns one dataset."""
        return Commit(
            tuple(file for file in self.removed if file.dataset == dataset),
            tuple(file for file in self.added if file.dataset == dataset),
        )


# Gets the live files and returns what to change. A store calls it again when another writer
# committed first.
CommitBuilder = Callable[[Sequence[LakeFile]], Commit]


class Store(Protocol):
    """Where a format keeps its files and how it commits."""

    def read(self) -> Manifest:
        """Return the live files and what they cover, as a reader must see them."""

    def put(self, dataset: str, day: date, name: str, table: pa.Table) -> str:
        """Write a file that is not live yet; return its path in the lake."""

    def source(self, path: str) -> Any:
        """Return what pyarrow reads a file from."""

    def local(self, path: str) -> str | None:
        """Return a file's path on this machine, None where it has none."""

    def commit(self, builder: CommitBuilder, coverage: Coverage | None) -> Commit:
        """Replace files, and the coverage if one is given; delete removed files after that."""

    def record_coverage(self, coverage: Coverage) -> None:
        """Commit a coverage and no files."""

    def remove_orphan_files(self, *, is_alone: bool = False) -> int:
        """Delete files that a crash left behind; return how many.

        `is_alone`: no other machine writes, so the youngest files are orphans, too.
        """
