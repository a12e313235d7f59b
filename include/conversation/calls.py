"""Tool calls and their results: which entry answers which call, and how a call ended."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pymongo.collection import Collection

from cca.conversation.order import ORDER
from cca.conversation.stored import StoredEntry, stored
from cca.mongo.archive import Document
from cca.transcript.blocks import blocks_of, is_call, is_result, kind_of
from cca.transcript.results import is_error, is_rejection, result_text
from cca.transcript.values import mended

_LINES = ("rawLine", "rawFile")


class Pairs(NamedTuple):
    """`results` holds the entry that answers each call; `calls` every call a result belongs to."""

    results: dict[str, StoredEntry]
    calls: frozenset[str]


def calls_in(found: Iterable[StoredEntry]) -> Iterator[str]:
    """Yields the ids of the calls that these entries make, in order."""
    return _ids(found, is_result_kind=False)


def results_in(found: Iterable[StoredEntry]) -> Iterator[str]:
    """Yields the ids of the calls that these entries answer, in order."""
    return _ids(found, is_result_kind=True)


def result_block(body: dict[str, Any], call_id: str) -> dict[str, Any] | None:
    """Returns the block of an entry that answers a call."""
    for block in blocks_of(body):
        if is_result(kind_of(block)) and block.get("tool_use_id") == call_id:
            return dict(block)
    return None


def call_block(entry: StoredEntry, call_id: str) -> dict[str, Any] | None:
    """Returns the block of an entry that makes a call."""
    for block in entry.blocks:
        if is_call(kind_of(block)) and block.get("id") == call_id:
            return dict(block)
    return None


def status_of(answer: dict[str, Any] | None, result: dict[str, Any] | None) -> str:
    """Returns ok, failed, rejected, or waiting where there is no result yet.

    `answer` is the entry with the result block.
    """
    if result is None:
        return "waiting"
    if not is_error(result):
        return "ok"
    text = result_text(result.get("content"))
    return "rejected" if is_rejection(answer or {}, text) else "failed"


def pairs(entries: Collection[Document], base: Document, found: Sequence[StoredEntry]) -> Pairs:
    """Pairs the calls and results of some entries, also beyond them; `base` bounds the search."""
    calls = set(calls_in(found))
    results = {call: entry for entry in found for call in results_in([entry])}
    if missing := calls - set(results):
        results = find_results(entries, base, missing) | results
    if orphans := set(results) - calls:
        ids = {"message.content.id": {"$in": sorted(orphans)}}
        for document in entries.find(base | ids, {"message.content.id": 1}):
            calls |= {
                str(block["id"])
                for block in blocks_of(document)
                if isinstance(block, dict) and block.get("id")
            }
    return Pairs(results, frozenset(calls))


def find_result(entries: Collection[Document], session_id: str, call_id: str) -> StoredEntry | None:
    """Returns the entry that carries the result of a call."""
    return find_results(entries, {"sessionKey": session_id}, {call_id}).get(call_id)


def find_results(
    entries: Collection[Document], base: Document, wanted: set[str]
) -> dict[str, StoredEntry]:
    """Returns the entries that answer these calls, the first of each; `base` bounds the search."""
    found: dict[str, StoredEntry] = {}
    ways: tuple[Document, ...] = (
        {"message.content.tool_use_id": {"$in": sorted(wanted)}},
        # MongoDB cannot match inside rawLine; such entries must be parsed.
        {"type": "user", "$or": [{name: {"$exists": True}} for name in _LINES]},
    )
    for way in ways:
        if wanted <= set(found):
            break
        for document in entries.find(base | way).sort(list(ORDER)):
            entry = stored(entries, document)
            for call in results_in([entry]):
                found.setdefault(call, entry)
    return found


def _ids(found: Iterable[StoredEntry], *, is_result_kind: bool) -> Iterator[str]:
    fits, key = (is_result, "tool_use_id") if is_result_kind else (is_call, "id")
    for entry in found:
        for block in entry.blocks:
            if fits(kind_of(block)) and block.get(key):
                # MongoDB, which is asked for them, holds no lone surrogate.
                yield mended(str(block[key]))
