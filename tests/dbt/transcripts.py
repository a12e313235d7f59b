"""Rows of transcript files, without MongoDB in between."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from include.extract.convert import convert
from tests.dbt.rows import Row


def rows_of_transcripts(folder: Path) -> tuple[list[Row], list[Row]]:
    entries, blocks = [], []
    for path in sorted(folder.rglob("*.jsonl")):
        for document in _documents(path, folder):
            rows = convert(document)
            assert rows.conversation is not None, rows.reject
            entries.append(rows.conversation)
            blocks += rows.blocks
    return entries, blocks


def _documents(path: Path, folder: Path) -> Iterator[Row]:
    inside = path.relative_to(folder)
    is_agent = path.stem.startswith("agent-")
    session = inside.parts[1] if is_agent and len(inside.parts) > 2 else path.stem
    last = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    for number, line in enumerate(path.read_bytes().split(b"\n")):
        if not line.strip():
            continue
        written = json.loads(line)
        if isinstance(written.get("timestamp"), str):
            last = datetime.fromisoformat(written["timestamp"])
        key = hashlib.blake2b(f"{session}/{path.stem}/{number}".encode() + line, digest_size=16)
        yield written | {
            "_id": key.hexdigest(), "stream": f"{session}/{path.stem}" if is_agent else session,
            "generation": 0, "sourceOffset": number, "projectId": inside.parts[0],
            "sessionKey": session, "sourceFile": str(inside), "host": "laptop", "eventAt": last,
            "ingestedAt": last, "preview": "",
        }  # fmt: skip
