"""Whole conversations, entry by entry: for exports, lists of prompts, and small files beside."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pymongo.collection import Collection

from cca.conversation.order import ORDER, transcript_streams
from cca.conversation.stored import StoredEntry, stored
from cca.conversation.versions import versions
from cca.mongo.archive import Document
from cca.transcript.clocks import corrected
from cca.transcript.prompts import said

_SPILLED = re.compile(r"<persisted-output>.{0,1000}?/tool-results/([\w.-]+)", re.DOTALL)
_SPILLED_CHARACTERS = 2000
# The bulk of an entry, which says nothing of what was asked.
_BULK = dict.fromkeys(
    (
        "toolUseResult",
        "message.content.content",
        "message.content.source",
        "attachment.prompt.source",
    ),
    0,
)


def read_entries(
    entries: Collection[Document], session_id: str, *, is_read_once: bool = False
) -> Iterator[StoredEntry]:
    """Yields a session's transcript lines: its own conversation first, then each subagent's.

    A file that was rewritten is in the archive with every version of its lines; `is_read_once`
    gives each entry once, where it first stood, as it was last written.
    """
    base: Document = {"sessionKey": session_id}
    shown = versions(entries, base) if is_read_once else {}
    for document, is_clock_wrong in corrected(entries.find(base).sort(list(ORDER))):
        is_line = str(document.get("sourceFile", "")).endswith(".jsonl")
        last = shown.get(str(document["_id"]), str(document["_id"]))
        if not is_line or not last:
            continue
        entry = replace(stored(entries, document), is_clock_wrong=is_clock_wrong)
        if last != entry.id and (written := entries.find_one({"_id": last})):
            entry = replace(entry, body=stored(entries, written).body)
        yield entry


def count_entries(entries: Collection[Document], session_id: str) -> int:
    """Returns how many documents the archive has of a session."""
    return entries.count_documents({"sessionKey": session_id})


def prompts(
    entries: Collection[Document], session_id: str, agent: str
) -> Iterator[tuple[StoredEntry, str]]:
    """Yields what people asked in a conversation, in order; of a subagent what it was asked."""
    wanted = {
        "sessionKey": session_id,
        "stream": {"$in": transcript_streams(entries, session_id, agent)},
        "type": {"$in": ["user", "attachment", "message", None]},
    }
    for document in entries.find(wanted, _BULK).sort(list(ORDER)):
        entry = stored(entries, document)
        found = said(entry.body)
        is_asked = found and (found.is_prompt or (agent and found.speaker in {"task", "teammate"}))
        if found and is_asked and (text := found.text.strip()):
            yield entry, text


def spilled_entry(
    entries: Collection[Document], session_id: str, result: dict[str, Any] | None
) -> str:
    """Returns the id of the entry that keeps what was too long for a tool's result; "" if none."""
    content = (result or {}).get("content")
    text = content if isinstance(content, str) else str(content) if content else ""
    named = _SPILLED.search(text[:_SPILLED_CHARACTERS])
    if named is None:
        return ""
    wanted = {"sessionKey": session_id, "type": "tool-result", "name": named[1]}
    found = entries.find_one(wanted, {"_id": 1}, sort=[("generation", -1)])
    return str(found["_id"]) if found else ""
