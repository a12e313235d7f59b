"""Row, blocks and rest of an entry are all of it: the query of docs/lake.md gives it back."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import bson
import duckdb
import orjson
import pyarrow.parquet as pq

from cca.demo.generate import generate
from cca.extract.convert import convert
from cca.extract.writer import tables_of
from cca.settings import PROJECT_DIR
from cca.transcript.values import json_bytes

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PLACE = {
    "stream": "s", "generation": 0, "sourceOffset": 0, "projectId": "p", "sessionKey": "s",
    "sourceFile": "p/s/subagents/agent-a1.jsonl", "host": "h", "eventAt": NOW, "ingestedAt": NOW,
}  # fmt: skip
ODD = (
    {"a": 1}, {}, [], [1], 5, None, True, "", 1.5, [None], -0.0, 2**64 - 1, 2**70,
    "\x1b[31mred\x1b[0m", "\x1b", "caf\u00e9 \u009b1m", "\ud83d lone", "a\0b", '\\u001b "quoted"\n',
)  # fmt: skip
ANSWER: dict[str, Any] = {
    "parentUuid": None, "isSidechain": False, "uuid": "u1", "sessionId": "s1", "requestId": "r1",
    "timestamp": "2026-11-20T10:00:00.000Z", "cwd": "/srv", "gitBranch": "main", "version": "2.1",
    "type": "assistant", "promptId": "p1",
    "message": {
        "role": "assistant", "id": "m1", "model": "claude-x", "stop_reason": None,
        "usage": {"input_tokens": 1, "cache_creation": {}},
        "content": [
            {"type": "text", "text": "words", "citations": None},
            {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
            {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls", "n": 1.0}},
            {"type": "server_tool_use", "id": "t2", "name": "web", "input": None, "caller": {}},
        ],
    },
}  # fmt: skip
RESULT: dict[str, Any] = {
    "type": "user", "uuid": "u2", "sourceToolAssistantUUID": "u1",
    "message": {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "t1", "content": "a\nb", "is_error": False},
            {"type": "tool_result", "tool_use_id": "t2", "content": [{"type": "text"}]},
            {"type": "image", "source": {"type": "base64", "data": "AAAA"}},
        ],
    },
    "toolUseResult": {"stdout": "a\nb", "stderr": "", "interrupted": False},
}  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {},
    {"whole": {"entry": 1}, "entry": {}, "blocks": [], "type": "whole"},
    {"type": "user", "message": {"role": "user", "content": "hi"}},
    {"type": "user", "message": {"content": "hi", "id": 7, "model": None}, "cwd": 5, "uuid": None},
    {"role": "user", "content": "the oldest logs"},
    {"role": "user", "content": [{"type": "text", "text": "too"}, "bare"]},
    {"type": "user", "message": {"content": ["bare", {"type": "text", "text": "x"}, 5]}},
    {"type": "user", "message": "no object", "requestId": "r"},
    {"type": "summary", "summary": "s", "leafUuid": "u", "requestId": "r", "promptId": "p"},
    {"type": "progress", "requestId": "outer", "message": {"id": "o", "content": "x"},
     "data": {"message": {"type": "assistant", "requestId": "r", "message": ANSWER["message"]}}},
    {"type": "user", "message": {"content": [{"type": "tool_result", "content": "x"}]},
     "toolUseResult": {"stdout": "x"}},
    {"type": "user", "message": {"content": "x"}, "toolUseResult": {"stdout": "x"}},
]  # fmt: skip


def _changed(value: Any) -> Iterator[Any]:
    """The value with one place in it changed to something odd, or left out."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield {name: other for name, other in value.items() if name != key}
            yield from ({**value, key: other} for other in (*ODD, *_changed(item)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from (
                [*value[:number], other, *value[number + 1 :]] for other in (*ODD, *_changed(item))
            )


def _deep(levels: int) -> Any:
    value: Any = "deep"
    for _ in range(levels):
        value = {"a": value}
    return value


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                yield entry


def _query(folder: Path) -> str:
    """The query of docs/lake.md over the lake in a home."""
    page = (PROJECT_DIR / "docs" / "lake.md").read_text()
    (found,) = re.findall(r"```sql\n(create view conversations.*?)```", page, re.DOTALL)
    return str(found).replace("<CCA_HOME>", str(folder))


def _canonical(text: str | bytes) -> str:
    """Equal for equal JSON values; 1, 1.0 and true are three."""
    return json.dumps(json.loads(text), sort_keys=True)


def _document(entry: dict[str, Any], number: int) -> tuple[dict[str, Any], bytes | None]:
    """A document as MongoDB gives it back, with its BSON where BSON can hold the entry."""
    place = PLACE | {"_id": str(number)}
    try:
        stored = bson.encode(place | entry)
        orjson.dumps(entry)
    except (bson.errors.InvalidDocument, OverflowError, UnicodeEncodeError, TypeError):
        return place | {"rawLine": json.dumps(entry)}, None
    return bson.decode(stored), stored


def assert_whole(entries: Iterable[dict[str, Any]], folder: Path) -> int:
    """Assert that each entry comes back; returns how many there were."""
    rows, written = [], {}
    for number, entry in enumerate(entries):
        document, stored = _document(entry, number)
        found = convert(document, stored)
        assert found.conversation is not None, found.reject
        written[str(number)] = entry
        rows.append(found)
    for dataset, table in tables_of(rows).items():
        place = folder / "lake" / dataset / "date=2026-11-20"
        place.mkdir(parents=True)
        pq.write_table(table, place / "a.parquet")
    with duckdb.connect() as connection:
        connection.execute(_query(folder))
        whole = dict(connection.execute("select _id, entry from whole_entries").fetchall())
    assert whole.keys() == written.keys()
    for key, entry in written.items():
        assert whole[key] is not None, entry
        assert _canonical(whole[key]) == _canonical(json_bytes(entry)), entry
    return len(written)


def test_hostile_entries_come_back(tmp_path: Path) -> None:
    entries = [ANSWER, RESULT, *OTHERS, *({"type": "user", "x": _deep(n)} for n in (90, 400))]
    entries += [one for entry in (ANSWER, RESULT) for one in _changed(entry)]
    entries += [one | {"type": "progress"} for one in (ANSWER, RESULT)]
    assert assert_whole(entries, tmp_path) > 1000


def test_our_own_samples_come_back(tmp_path: Path) -> None:
    generate(tmp_path / "sample", 2, 7, date(2026, 11, 1))
    assert assert_whole(_lines(tmp_path / "sample"), tmp_path) > 300


def test_shared_transcripts_come_back(shared_transcripts: Path, tmp_path: Path) -> None:
    assert assert_whole(_lines(shared_transcripts), tmp_path) > 100


def test_a_text_stands_in_the_lake_once() -> None:
    document, stored = _document(RESULT, 0)
    row = convert(document, stored).conversation
    assert row is not None
    rest = json.loads(row[-1])
    assert "stdout" not in rest["result"]
    assert "content" not in rest["blocks"][0]
    assert rest["entry"] == {"sourceToolAssistantUUID": "u1"}
