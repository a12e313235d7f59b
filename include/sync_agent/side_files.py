"""Small files beside transcripts, which Claude Code deletes too: each version one entry."""

import time
from base64 import b64encode
from collections.abc import Generator
from dataclasses import replace
from hashlib import blake2b

import orjson

from cca.sync_agent.identity import Place, record_digest, stream_hash
from cca.sync_agent.scan import FoundFile
from cca.sync_agent.tail import DEAD_HEAD_BYTES, MAX_LINE_BYTES, own_bytes, parse
from cca.sync_agent.values import Batch, Checkpoint, DeadLetter, Entry

# A file untouched for so long is taken as written.
SETTLE_SECONDS = 2.0


def read_side_file(
    found: FoundFile, known: Checkpoint, place: Place, *, is_final: bool
) -> Generator[Batch, None, None]:
    """The file as an entry of its own type; none when its content is the one known.

    Unless this look is final, a file that is still being written waits for the next scan.
    """
    if not is_final and 0 <= time.time() - found.mtime_ns / 1e9 < SETTLE_SECONDS:
        return
    with found.path.open("rb") as file:
        content = file.read(MAX_LINE_BYTES)
    marker = blake2b(content, digest_size=16).digest()
    is_new = marker != known.marker
    point = replace(
        known,
        position=len(content),
        generation=known.generation + (1 if is_new and known.marker else 0),
        records=known.records + is_new,
        size=found.size,
        mtime_ns=found.mtime_ns,
        ctime_ns=found.ctime_ns,
        inode=found.inode,
        marker=marker,
    )
    if not is_new:
        yield Batch(point)
        return
    is_too_long = len(content) == MAX_LINE_BYTES
    entry = Entry(
        project_id=place.project_id,
        session_key=place.session_key,
        source_file=place.source_file,
        line=content[:DEAD_HEAD_BYTES] if is_too_long else entry_line(found, content),
        entry_id=record_digest(stream_hash(place.stream), content).hex(),
        stream=place.stream,
        generation=point.generation,
        source_offset=0,
        event_ms=found.mtime_ns // 1_000_000,
    )
    if is_too_long:
        reason = f"file of {found.size} bytes"
        yield Batch(point, dead=[DeadLetter(found.key, entry, reason, found.size, marker)])
    else:
        yield Batch(point, [entry])


def entry_line(found: FoundFile, content: bytes) -> bytes:
    """The file as one JSON line: JSON as it stands, text as a string, the rest in base64."""
    name = found.key.rsplit("/", 1)[-1]
    head: dict[str, str] = {"type": found.kind, "name": name}
    if found.kind == "agent-meta":
        head["agentId"] = name.removeprefix("agent-").removesuffix(".meta.json")
    if found.kind != "tool-result" and _is_json(content):
        return orjson.dumps(head)[:-1] + b',"content":' + own_bytes(content) + b"}"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return orjson.dumps(head | {"encoding": "base64", "content": b64encode(content).decode()})
    return orjson.dumps(head | {"encoding": "utf-8", "content": text})


def _is_json(content: bytes) -> bool:
    try:
        parse(own_bytes(content))
    except ValueError:
        return False
    return True
