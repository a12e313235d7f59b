"""A document becomes rows, whatever the age and shape of its entry."""

from collections.abc import Callable
from typing import Any

import pytest
from bson import Int64

from cca.extract.convert import Rows, convert
from cca.extract.writer import tables_of


def entry_of(rows: Rows) -> dict[str, Any]:
    found: dict[str, Any] = tables_of([rows])["conversations"].to_pylist()[0]
    return found


def blocks_of(rows: Rows) -> list[dict[str, Any]]:
    tables = tables_of([rows])
    return tables["content_blocks"].to_pylist() if rows.blocks else []


ANSWER = {"role": "assistant", "id": "m1", "model": "claude-x", "usage": {"output_tokens": 7}}


@pytest.mark.parametrize("kind", ["assistant", "message", None])
def test_answers_of_every_age_have_role_and_usage(
    document: Callable[..., dict[str, Any]], kind: str | None
) -> None:
    entry = {"message": ANSWER} if kind is None else {"type": kind, "message": ANSWER}
    row = entry_of(convert(document(entry)))
    assert (row["role"], row["message_id"], row["output_tokens"]) == ("assistant", "m1", 7)


def test_type_wins_over_the_role_inside(document: Callable[..., dict[str, Any]]) -> None:
    row = entry_of(convert(document({"type": "system", "message": ANSWER})))
    assert row["role"] is None
    assert row["type"] == "system"


def test_progress_carries_the_usage_of_the_answer_inside(
    document: Callable[..., dict[str, Any]],
) -> None:
    inner = {"type": "assistant", "message": ANSWER, "requestId": "r1", "agentId": "a1"}
    row = entry_of(convert(document({"type": "progress", "data": {"message": inner}})))
    assert (row["message_id"], row["request_id"], row["agent_id"]) == ("m1", "r1", "a1")
    assert row["role"] is None


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        ("hi", ["text"]),
        (None, []),
        (7, ["unknown"]),
        (["bare", {"type": "text", "text": "x"}], ["text", "text"]),
        ([{"no": "type"}, 5], ["unknown", "unknown"]),
    ],
)
def test_content_of_any_shape_becomes_blocks(
    document: Callable[..., dict[str, Any]], content: object, kinds: list[str]
) -> None:
    rows = convert(document({"type": "user", "message": {"role": "user", "content": content}}))
    assert [block["kind"] for block in blocks_of(rows)] == kinds


def test_lines_changed_come_from_the_patch_or_a_subagents_input(
    document: Callable[..., dict[str, Any]],
) -> None:
    patch = [{"lines": [" a", "-b", "+c", "+d", "\\ No newline at end of file"]}]
    result = {"filePath": "/a.py", "structuredPatch": patch}
    answered = {"type": "tool_result", "tool_use_id": "t1", "content": "ok"}
    entry = {"type": "user", "message": {"content": [answered]}, "toolUseResult": result}
    block = blocks_of(convert(document(entry)))[0]
    assert (block["lines_added"], block["lines_removed"]) == (2, 1)
    assert block["file_path"] == "/a.py"

    edit = {"file_path": "/a.py", "old_string": "a\nb\nc", "new_string": "a\nx\ny\nc"}
    call = {"type": "tool_use", "id": "t1", "name": "Edit", "input": edit}
    entry = {"type": "assistant", "isSidechain": True, "message": {"content": [call]}}
    block = blocks_of(convert(document(entry)))[0]
    assert (block["lines_added"], block["lines_removed"]) == (2, 1)


@pytest.mark.parametrize(
    "odd",
    [
        {"generation": 1 << 31}, {"generation": Int64(-1)}, {"generation": "0"},
        {"generation": True}, {"sourceOffset": None}, {"sourceOffset": 1.5}, {"_id": 7},
        {"host": b"laptop"}, {"stream": ["s"]}, {"ingestedAt": "2026-11-01"},
    ],
)  # fmt: skip
def test_a_document_that_no_agent_wrote_is_a_reject_and_ends_nothing(
    document: Callable[..., dict[str, Any]], odd: dict[str, Any]
) -> None:
    rows = [convert(document({"type": "user"})), convert({**document({"type": "user"}), **odd})]
    tables = tables_of(rows)
    assert tables["conversations"].num_rows == 1
    [reason] = tables["rejects"]["reason"].to_pylist()
    assert next(iter(odd)) in reason
