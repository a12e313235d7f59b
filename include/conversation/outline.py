"""The outline of a conversation: the place of every entry, and where prompts and failures stand."""

from collections.abc import Iterator
from dataclasses import dataclass

from pymongo.collection import Collection

from cca.conversation.calls import result_block, results_in, status_of
from cca.conversation.order import ORDER, transcript_streams
from cca.conversation.reader import prompts
from cca.conversation.stored import stored
from cca.mongo.archive import Document


@dataclass(frozen=True)
class Stop:
    """An entry to go to; `call` is the tool call that it answers, if it answers one."""

    place: int
    entry: str
    call: str = ""


@dataclass(frozen=True)
class Outline:
    """`entries` are the ids of all entries in reading order; a place is an index in them."""

    entries: list[str]
    prompts: list[Stop]
    failures: list[Stop]


def read_outline(entries: Collection[Document], session_id: str, agent: str = "") -> Outline:
    """Returns the outline of a session's main conversation, or of one of its subagents."""
    base: Document = {
        "sessionKey": session_id,
        "stream": {"$in": transcript_streams(entries, session_id, agent)},
    }
    # A walk of the index alone.
    keys = {"_id": 1, **{name: 1 for name, _ in ORDER}}
    found = [str(document["_id"]) for document in entries.find(base, keys).sort(list(ORDER))]
    places = {entry: place for place, entry in enumerate(found)}
    asked = [
        Stop(places[entry.id], entry.id)
        for entry, _ in prompts(entries, session_id, agent)
        if entry.id in places
    ]
    return Outline(found, asked, list(_failures(entries, base, places)))


def _failures(
    entries: Collection[Document], base: Document, places: dict[str, int]
) -> Iterator[Stop]:
    """Yields the results of failed calls, each call once; declined calls are none."""
    # MongoDB cannot match inside a line that is kept as such.
    kept = [{name: {"$exists": True}} for name in ("rawLine", "rawFile")]
    ways = [{"message.content.is_error": True}, *kept]
    seen: set[str] = set()
    for document in entries.find({**base, "$or": ways}).sort(list(ORDER)):
        entry = stored(entries, document)
        for call in results_in([entry]):
            is_failed = status_of(entry.body, result_block(entry.body, call)) == "failed"
            if is_failed and call not in seen:
                seen.add(call)
                yield Stop(places[entry.id], entry.id, call)
