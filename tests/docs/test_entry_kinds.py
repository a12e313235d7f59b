"""docs/entry-kinds.md says of each example what the code shows, searches and counts of it."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from cca.conversation.stored import StoredEntry
from cca.conversation.turns import turn_of
from cca.extract.convert import convert
from cca.records import CONVERSATIONS
from cca.search.blocks import searchable
from cca.settings import PROJECT_DIR
from cca.transcript.kinds import HIDDEN_TYPES

PAGE = (PROJECT_DIR / "docs" / "entry-kinds.md").read_text()
# A heading, an example, and what is said of it.
_SECTION = re.compile(
    r"### (?P<name>.+)\n\n```json\n(?P<entry>.+?)\n```\n\n(?P<said>(?:.+\n)+)", re.MULTILINE
)
SECTIONS = {found["name"]: (found["entry"], found["said"]) for found in _SECTION.finditer(PAGE)}
AT = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("name", SECTIONS)
def test_the_page_says_what_the_code_does(name: str) -> None:
    entry, said = SECTIONS[name]
    assert said.replace("\n", " ").strip() == told(json.loads(entry))


def test_the_page_has_an_example_of_each_kind_and_names_each_hidden_type() -> None:
    types = {json.loads(entry).get("type") for entry, _ in SECTIONS.values()}
    assert types >= {"user", "assistant", "system", "attachment", "pr-link", "tool-result"}
    assert PAGE.count("### ") == len(SECTIONS)
    named = re.findall(r"`([\w-]+)`", PAGE.partition("## Kinds that only keep books")[2])
    assert set(named) >= HIDDEN_TYPES


def told(entry: dict[str, Any]) -> str:
    """What the page must say of an entry."""
    body = {"uuid": "u", "sessionId": "s", "timestamp": AT.isoformat()} | entry
    return f"Shown: {_shown(body)}. Searched: {_searched(body)}. Counted: {_counted(body)}."


def _shown(body: dict[str, Any]) -> str:
    turn = turn_of(StoredEntry("1", body, {"_id": "1", "stream": "s", "eventAt": AT}))
    if turn is None:
        return "no"
    kinds = dict.fromkeys(part.kind for part in turn.parts) or {"headline": None}
    return f"{turn.name}, as {' and '.join(kinds)}"


def _searched(body: dict[str, Any]) -> str:
    return " and ".join(dict.fromkeys(f"`{block.kind}`" for block in searchable(body))) or "no"


def _counted(body: dict[str, Any]) -> str:
    place = {
        "_id": "1", "projectId": "-p", "sessionKey": "s", "stream": "s", "generation": 0,
        "sourceOffset": 0, "sourceFile": "s.jsonl", "host": "h", "eventAt": AT, "ingestedAt": AT,
    }  # fmt: skip
    rows = convert(body | place)
    assert rows.conversation is not None
    row = dict(zip(CONVERSATIONS.names, rows.conversation, strict=True))
    counts = {
        "a prompt": row["is_human_prompt"],
        f"a message of the {row['role']} role": row["role"],
        "a response": row["has_usage"] and row["role"] == "assistant",
        "an API error": row["is_api_error"] or row["subtype"] == "api_error",
        "a compaction": row["subtype"] == "compact_boundary",
    }
    return ", ".join(name for name, is_true in counts.items() if is_true) or "no"
