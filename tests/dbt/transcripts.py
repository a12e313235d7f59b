"""Rows of transcript files, without MongoDB in between."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from cca.extract.convert import convert
from cca.extract.limits import limits_rows
from cca.extract.writer import tables_of
from cca.home import SPOOL_NAME
from cca.records import DATASETS
from cca.sync_agent.identity import place_of, place_of_limits
from cca.transcript.slugs import slug_of
from cca.transcript.times import parse_timestamp
from tests.dbt.rows import Row

HOST = "laptop"
# Long after all of them was written.
TAKEN_AT = datetime(2028, 1, 1, tzinfo=UTC)


def rows_of_transcripts(folder: Path, *, is_lenient: bool = False) -> tuple[list[Row], list[Row]]:
    """Entries and blocks; lenient: without lines that are no entries."""
    found = []
    for path in sorted(folder.rglob("*.jsonl")):
        for document in _documents(path, folder, is_lenient=is_lenient):
            rows = convert(document)
            assert rows.conversation is not None, rows.reject
            found.append(rows)
    tables = {name: schema.empty_table() for name, schema in DATASETS.items()} | tables_of(found)
    return tables["conversations"].to_pylist(), tables["content_blocks"].to_pylist()


def rows_of_limits(folder: Path) -> list[Row]:
    """Rows of what status lines recorded under a folder."""
    found = []
    for path in sorted((folder / SPOOL_NAME).glob("*.jsonl")):
        place = place_of_limits(path.name, HOST)
        for number, line in enumerate(path.read_bytes().splitlines()):
            written = json.loads(line)
            document = written | {
                "_id": f"{path.name}/{number}", "stream": place.stream, "generation": 0,
                "sourceOffset": number, "projectId": slug_of(written.get("cwd", "")),
                "sessionKey": written["sessionId"], "sourceFile": place.source_file, "host": HOST,
                "eventAt": parse_timestamp(written["timestamp"]), "ingestedAt": TAKEN_AT,
            }  # fmt: skip
            found.append(limits_rows(document))
    return tables_of(found)["limits"].to_pylist() if found else []


def _documents(path: Path, folder: Path, *, is_lenient: bool) -> Iterator[Row]:
    place = place_of(PurePosixPath(path.relative_to(folder)), folder.name, HOST)
    last = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    for number, line in enumerate(path.read_bytes().split(b"\n")):
        if not line.strip():
            continue
        try:
            written = json.loads(line)
            if is_lenient and not isinstance(written, dict):
                continue
        except ValueError:
            if is_lenient:
                continue
            raise
        last = parse_timestamp(written.get("timestamp")) or last
        key = hashlib.blake2b(f"{place.stream}/{number}".encode() + line, digest_size=16)
        yield written | {
            "_id": key.hexdigest(), "stream": place.stream, "generation": 0,
            "sourceOffset": number, "projectId": place.project_id,
            "sessionKey": place.session_key, "sourceFile": place.source_file, "host": HOST,
            "eventAt": last, "ingestedAt": TAKEN_AT, "preview": "",
        }  # fmt: skip
