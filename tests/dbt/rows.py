"""Raw tables made of a few rows that name only what matters."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cca import records
from cca.extract.convert import SAID_COLUMNS, said_columns
from cca.extract.details import details_of
from cca.load.raw import prepare
from cca.settings import Settings
from cca.transcript.blocks import blocks_of
from cca.transcript.results import REJECTED, error_class
from cca.transcript.slugs import slug_of
from cca.transcript.times import is_outlier
from cca.transform.build import transform

Row = dict[str, Any]
START = datetime(2026, 10, 1, 10, tzinfo=UTC)


@dataclass
class Given:
    """The rows that a module's tests speak of; all of them share one build."""

    entries: list[Row] = field(default_factory=list)
    blocks: list[Row] = field(default_factory=list)

    def __call__(self, *rows: Row, blocks: tuple[Row, ...] = ()) -> None:
        self.entries.extend(rows)
        self.blocks.extend(blocks)

    def built(self, home: Path, timezone: str) -> Callable[[str], list[tuple[Any, ...]]]:
        """Runs one query over the warehouse that dbt makes of them."""
        settings = build_settings(home, timezone=timezone)
        write_raw(settings, self.entries, self.blocks)
        transform(settings)
        return reader(settings)


def build_settings(home: Path, **values: Any) -> Settings:
    return Settings(cca_home=home, mongo_uri="mongodb://unused", _env_file=None, **values)


def write_raw(
    settings: Settings, entries: Iterable[Row], blocks: Iterable[Row], limits: Iterable[Row] = ()
) -> None:
    """Raw tables as load leaves them, from rows that name only what matters."""
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    given = {"conversations": list(entries), "content_blocks": list(blocks), "limits": list(limits)}
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        warehouse.execute("set timezone = 'UTC'")
        prepare(warehouse)
        for name in records.DATASETS:
            schema = records.raw_schema(name)
            rows = [
                {column: row.get(column) for column in schema.names} for row in given.get(name, [])
            ]
            incoming = pa.Table.from_pylist(rows, schema=schema)
            warehouse.register("incoming", incoming)
            warehouse.execute(
                f"create or replace table raw.{name} as select *, 'a.parquet' as lake_file, "
                "1::bigint as load_seq from incoming"
            )
            warehouse.unregister("incoming")


def entry(session: str, at: float, **values: Any) -> Row:
    """An entry `at` seconds after START, at that offset of its session's file.

    `content` are the blocks of its message, where the text alone does not say who wrote it.
    """
    when = START + timedelta(seconds=at)
    content = values.pop("content", None)
    row = _place(session, when, values.pop("offset", int(at)))
    row |= {
        "type": "user", "timestamp": when, "has_usage": False, "is_sidechain": False,
        "is_meta": False, "is_compact_summary": False, "is_api_error": False, "entry_json": "{}",
    }  # fmt: skip
    row |= values
    row.setdefault("details_json", details_of(row["type"], json.loads(row["entry_json"])))
    row.setdefault("role", row["type"] if row["type"] in {"user", "assistant"} else None)
    said = as_written(row, content)
    for name, value in zip(SAID_COLUMNS, said_columns(said, blocks_of(said)), strict=True):
        row.setdefault(name, value)
    cwd = row.get("cwd")
    row["is_project_folder"] = cwd is not None and slug_of(cwd) == row["project_id"]
    row["is_clock_wrong"] = is_outlier(row["event_at"], row["ingested_at"])
    row["_id"] = values.get("_id") or _digest(row)
    return row


def as_written(row: Row, content: list[Row] | None) -> Row:
    """The entry that would have given the row's columns."""
    text = row.get("text")
    message = {"role": row["role"], "content": text if content is None else content}
    return json.loads(row["entry_json"]) | {
        "type": row["type"], "message": message, "isSidechain": row["is_sidechain"],
        "isMeta": row["is_meta"], "isCompactSummary": row["is_compact_summary"],
        "promptSource": row.get("prompt_source"),
        "origin": {"kind": row["origin_kind"]} if row.get("origin_kind") else None,
    }  # fmt: skip


def answer(session: str, at: float, message_id: str, **values: Any) -> Row:
    """An assistant row that carries usage."""
    usage = {
        "type": "assistant", "has_usage": True, "model": "claude-haiku-4-5-20251001",
        "message_id": message_id, "is_usage_final": True,
    }  # fmt: skip
    return entry(session, at, **(usage | values))


def block(of: Row, kind: str, **values: Any) -> Row:
    """A content block of an entry."""
    shared = {name: of.get(name) for name in records.CONTENT_BLOCKS.names}
    made = shared | {"block_index": 0, "kind": kind, "lines_added": None, "lines_removed": None}
    made |= values
    denial = json.loads(of["details_json"] or "{}").get("toolDenialKind")
    if made["is_error"] or denial:
        made["error_class"] = error_class({"toolDenialKind": denial}, made["error_text"] or "")
        made["is_rejected"] = made["error_class"] == REJECTED
    return made


def _place(session: str, when: datetime, offset: int) -> Row:
    return {
        "project_id": "-srv-app", "session_id": session, "stream": session, "generation": 0,
        "source_offset": offset, "source_file": f"-srv-app/{session}.jsonl", "host": "laptop",
        # Long after: as where an archive takes old transcripts.
        "ingested_at": when + timedelta(days=365), "event_at": when, "date": when.date(),
    }  # fmt: skip


def _digest(row: Row) -> str:
    return hashlib.blake2b(repr(sorted(row.items())).encode(), digest_size=16).hexdigest()


def run(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """Runs SQL in the warehouse, which it may change; the rows of the last statement."""
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        return warehouse.execute(query).fetchall()


def reader(settings: Settings) -> Callable[[str], list[tuple[Any, ...]]]:
    """Runs one query over the warehouse."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()

    return run
