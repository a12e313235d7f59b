"""Reads of one conversation: a window of entries in file order, and what pairs with them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pymongo.collection import Collection

from cca.mongo.archive import Document, whole
from cca.transcript.entry import entry_of
from cca.transcript.prompts import is_human_prompt, prompt_text

WINDOW_ENTRIES = 200
ENTRIES_BEFORE_TARGET = 40
ORDER = (("stream", 1), ("generation", 1), ("sourceOffset", 1))
_AGENT = re.compile(r"agent-([A-Za-z0-9_-]+)(?:\.jsonl)?$")
_SPILLED = re.compile(r"<persisted-output>.{0,1000}?/tool-results/([\w.-]+)", re.DOTALL)
_SIDE_FILE = re.compile(r"\.(json|txt|png|js|md)$")


@dataclass(frozen=True)
class Entry:
    """An entry as written, and where it lies."""

    id: str
    body: dict[str, Any]
    document: Document
    is_masked: bool = False

    @property
    def blocks(self) -> list[Any]:
        return blocks_of(self.body)


@dataclass(frozen=True)
class Window:
    """`results` and `uses` pair tool calls with their results beyond the window's two ends."""

    entries: list[Entry]
    results: dict[str, Entry]
    uses: frozenset[str]
    has_before: bool
    has_after: bool


@dataclass(frozen=True)
class Anchor:
    """Where a window starts: at the beginning, or beside an entry."""

    id: str = ""
    side: str = "after"  # after | before | around | from (it, and what follows)


def blocks_of(body: Document) -> list[Any]:
    """The content blocks of a message; bare text is a text block."""
    message = body.get("message")
    content = message.get("content") if isinstance(message, dict) else body.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        return []
    return [
        {"type": "text", "text": block} if isinstance(block, str) else block for block in content
    ]


def agent_of(stream: str) -> str:
    """The subagent whose stream this is, or nothing for a main conversation."""
    found = _AGENT.search(stream)
    return found[1] if found else ""


def streams(entries: Collection[Document], session_id: str, agent: str = "") -> list[str]:
    """The streams of a session's main conversation, or of one of its subagents."""
    names = [str(name) for name in entries.distinct("stream", {"sessionKey": session_id})]
    return sorted(name for name in names if agent_of(name) == agent and not _SIDE_FILE.search(name))


def agents(entries: Collection[Document], session_id: str) -> list[str]:
    names = entries.distinct("stream", {"sessionKey": session_id})
    return sorted({agent for name in names if (agent := agent_of(str(name)))})


def find_entry(entries: Collection[Document], session_id: str, entry_id: str) -> Entry | None:
    """An entry of the session by its document id, its uuid, or a tool call that it makes."""
    found = entries.find_one({"_id": entry_id, "sessionKey": session_id})
    for name in ("uuid", "message.content.id"):
        if found is None:
            found = entries.find_one({"sessionKey": session_id, name: entry_id}, sort=list(ORDER))
    return _entry(entries, found) if found else None


def read_window(
    entries: Collection[Document], session_id: str, agent: str, anchor: Anchor,
    limit: int = WINDOW_ENTRIES,
) -> Window:  # fmt: skip
    """Up to `limit` entries beside the anchor; the beginning where the anchor is unknown."""
    base = {"sessionKey": session_id, "stream": {"$in": streams(entries, session_id, agent)}}
    target = find_entry(entries, session_id, anchor.id) if anchor.id else None
    before: list[Entry] = []
    after: list[Entry] = []
    has_before = has_after = False
    if target is None:
        after, has_after = _side(entries, base, None, 1, limit)
    elif anchor.side == "before":
        before, has_before = _side(entries, base, target, -1, limit)
        has_after = True
    else:
        around = anchor.side == "around"
        if around:
            before, has_before = _side(entries, base, target, -1, ENTRIES_BEFORE_TARGET)
            before.append(target)
        elif anchor.side == "from":
            # All that a window around an entry may hold, so that it can be read again.
            before, limit = [target], limit + ENTRIES_BEFORE_TARGET
        after, has_after = _side(entries, base, target, 1, limit)
        has_before = has_before or not around
    found = _without_copies(entries, base, [*before, *after])
    results, uses = _pairs(entries, base, found)
    return Window(found, results, uses, has_before, has_after)


def tool_result(entries: Collection[Document], session_id: str, tool_use_id: str) -> Entry | None:
    """The entry that carries the result of a tool call."""
    return _results(entries, {"sessionKey": session_id}, {tool_use_id}).get(tool_use_id)


def prompts(
    entries: Collection[Document], session_id: str, agent: str
) -> Iterator[tuple[Entry, str]]:
    """What people asked (or Claude, of a subagent), in order; without the bulk of the entries."""
    wanted = {
        "sessionKey": session_id,
        "stream": {"$in": streams(entries, session_id, agent)},
        "type": {"$in": ["user", "attachment", "message", None]},
    }
    without = {"toolUseResult": 0, "message.content.content": 0, "message.content.source": 0}
    for document in entries.find(wanted, without).sort(list(ORDER)):
        entry = _entry(entries, document)
        asked = {**entry.body, "isSidechain": False} if agent else entry.body
        if is_human_prompt(asked) and (text := prompt_text(asked).strip()):
            yield entry, text


def spilled_file(entries: Collection[Document], session_id: str, result: Document | None) -> str:
    """The entry that keeps what was too long for a tool's result, where it names its file."""
    content = (result or {}).get("content")
    text = content if isinstance(content, str) else str(content)[:2000] if content else ""
    named = _SPILLED.search(text[:2000])
    if named is None:
        return ""
    wanted = {"sessionKey": session_id, "type": "tool-result", "name": named[1]}
    found = entries.find_one(wanted, {"_id": 1}, sort=[("generation", -1)])
    return str(found["_id"]) if found else ""


def tool_ids(found: Iterable[Entry], kind: str, key: str) -> list[str]:
    """Ids of the tool blocks of one kind in these entries, in order."""
    return [
        str(block[key])
        for entry in found
        for block in entry.blocks
        if isinstance(block, dict) and block.get("type") == kind and block.get(key)
    ]


def _entry(entries: Collection[Document], document: Document) -> Entry:
    return Entry(str(document["_id"]), entry_of(whole(entries, document)), document)


def _side(
    entries: Collection[Document], base: Document, target: Entry | None, direction: int, limit: int
) -> tuple[list[Entry], bool]:
    conditions = [base] if target is None else [base, _beyond(target.document, direction)]
    cursor = entries.find({"$and": conditions})
    found = list(cursor.sort([(name, direction) for name, _ in ORDER]).limit(limit + 1))
    side = [_entry(entries, document) for document in found[:limit]]
    return (side if direction > 0 else side[::-1]), len(found) > limit


def _beyond(document: Document, direction: int) -> Document:
    """Strictly after (or before) a document in ORDER: a keyset, which an index walks."""
    sign = "$gt" if direction > 0 else "$lt"
    equal: Document = {}
    ways = []
    for name, _ in ORDER:
        ways.append({**equal, name: {sign: document[name]}})
        equal[name] = document[name]
    return {"$or": ways}


def _without_copies(
    entries: Collection[Document], base: Document, found: Sequence[Entry]
) -> list[Entry]:
    """A file read again from 0 stores its changed entries anew.

    Each is shown once, where it first stood, as it was last written.
    """
    ids = [entry.body["uuid"] for entry in found if isinstance(entry.body.get("uuid"), str)]
    reread = {**base, "generation": {"$gt": 0}}
    if not ids or entries.find_one(reread, {"_id": 1}) is None:
        return list(found)
    copies: dict[tuple[str, str], list[Document]] = {}
    cursor = entries.find({**base, "uuid": {"$in": ids}}, {"stream": 1, "uuid": 1, "generation": 1})
    for copy in cursor.sort(list(ORDER)):
        copies.setdefault((copy["stream"], copy["uuid"]), []).append(copy)
    return [shown for entry in found if (shown := _last_written(entries, entry, copies))]


def _last_written(
    entries: Collection[Document], entry: Entry, copies: dict[tuple[str, str], list[Document]]
) -> Entry | None:
    own = copies.get((entry.document["stream"], str(entry.body.get("uuid"))), [])
    if len({copy["generation"] for copy in own}) < 2:  # noqa: PLR2004  (one reading: no copies)
        return entry
    if own[0]["_id"] != entry.document["_id"]:
        return None
    last = entries.find_one({"_id": own[-1]["_id"]})
    return replace(_entry(entries, last), id=entry.id, document=entry.document) if last else entry


def _pairs(
    entries: Collection[Document], base: Document, found: Sequence[Entry]
) -> tuple[dict[str, Entry], frozenset[str]]:
    """Results of the window's calls, also those after it; and all calls its results belong to."""
    uses = set(tool_ids(found, "tool_use", "id"))
    results = {
        use: entry for entry in found for use in tool_ids([entry], "tool_result", "tool_use_id")
    }
    if missing := uses - set(results):
        results = _results(entries, base, missing) | results
    if orphans := set(results) - uses:
        earlier = entries.find(
            {**base, "message.content.id": {"$in": sorted(orphans)}}, {"message.content.id": 1}
        )
        uses |= {
            str(block["id"])
            for document in earlier
            for block in blocks_of(document)
            if isinstance(block, dict) and block.get("id")
        }
    return results, frozenset(uses)


def _results(entries: Collection[Document], base: Document, wanted: set[str]) -> dict[str, Entry]:
    """The entries that carry the results of these calls, the first of each."""
    found: dict[str, Entry] = {}
    ways: tuple[Document, ...] = (
        {"message.content.tool_use_id": {"$in": sorted(wanted)}},
        # kept as the line itself, an entry tells only when it is read
        {"type": "user", "$or": [{name: {"$exists": True}} for name in ("rawLine", "rawFile")]},
    )
    for way in ways:
        if wanted <= set(found):
            break
        for document in entries.find(base | way).sort(list(ORDER)):
            entry = _entry(entries, document)
            for use in tool_ids([entry], "tool_result", "tool_use_id"):
                found.setdefault(use, entry)
    return found
