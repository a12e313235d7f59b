"""Part of a conversation: some entries beside an anchor, and what pairs with them beyond."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pymongo.collection import Collection

from cca.conversation.calls import Pairs, pairs
from cca.conversation.order import ORDER, beyond, transcript_streams
from cca.conversation.stored import StoredEntry, find_entry, stored
from cca.conversation.versions import versions
from cca.mongo.archive import Document
from cca.transcript.clocks import corrected

EXCERPT_ENTRIES = 200
ENTRIES_BEFORE_TARGET = 40


@dataclass(frozen=True)
class Excerpt:
    """Entries in reading order; `has_before` and `has_after` say whether there are more.

    `before_at` is when the entry before them was written, where that is known.
    """

    entries: list[StoredEntry]
    pairs: Pairs
    has_before: bool
    has_after: bool
    before_at: datetime | None = None


@dataclass(frozen=True)
class Anchor:
    """Where an excerpt starts: at the beginning or the end, or beside an entry."""

    id: str = ""
    # after, before, around, from (it, and what follows), or end (the last entries, without an id).
    side: str = "after"


def read_excerpt(
    entries: Collection[Document], session_id: str, agent: str, anchor: Anchor,
    limit: int = EXCERPT_ENTRIES,
) -> Excerpt:  # fmt: skip
    """Reads up to `limit` entries beside the anchor; the beginning where it is unknown."""
    streams = transcript_streams(entries, session_id, agent)
    base: Document = {"sessionKey": session_id, "stream": {"$in": streams}}
    target = find_entry(entries, session_id, anchor.id) if anchor.id else None
    before: list[StoredEntry] = []
    after: list[StoredEntry] = []
    has_before = has_after = False
    before_at: datetime | None = None
    if anchor.side == "end":
        before, has_before, before_at = _side(entries, base, None, -1, limit)
    elif target is None:
        after, has_after, _ = _side(entries, base, None, 1, limit)
    elif anchor.side == "before":
        before, has_before, before_at = _side(entries, base, target, -1, limit)
        has_after = True
    else:
        around = anchor.side == "around"
        if around:
            shown = min(ENTRIES_BEFORE_TARGET, limit)
            before, has_before, before_at = _side(entries, base, target, -1, shown)
            before.append(target)
        elif anchor.side == "from":
            # All that an excerpt around an entry may hold, so that it can be read again.
            before, limit = [target], limit + ENTRIES_BEFORE_TARGET
        else:
            before_at = target.at
        after, has_after, _ = _side(entries, base, target, 1, limit)
        has_before = has_before or not around
    found = _last_versions(entries, base, _on_right_clocks([*before, *after]))
    return Excerpt(found, pairs(entries, base, found), has_before, has_after, before_at)


def _side(
    entries: Collection[Document], base: Document, target: StoredEntry | None, direction: int,
    limit: int,
) -> tuple[list[StoredEntry], bool, datetime | None]:  # fmt: skip
    """The entries of a side, whether there are more, and when the next of those was written."""
    conditions = [base] if target is None else [base, beyond(target.document, direction)]
    cursor = entries.find({"$and": conditions})
    found = list(cursor.sort([(name, direction) for name, _ in ORDER]).limit(limit + 1))
    side = [stored(entries, document) for document in found[:limit]]
    beyond_at = found[limit].get("eventAt") if len(found) > limit else None
    return (side if direction > 0 else side[::-1]), len(found) > limit, beyond_at


def _on_right_clocks(found: Sequence[StoredEntry]) -> list[StoredEntry]:
    """The entries, those of a wrong clock with the time of what stands before them."""
    checked = corrected(entry.document for entry in found)
    return [
        replace(entry, document=document, is_clock_wrong=True) if is_wrong else entry
        for entry, (document, is_wrong) in zip(found, checked, strict=True)
    ]


def _last_versions(
    entries: Collection[Document], base: Document, found: Sequence[StoredEntry]
) -> list[StoredEntry]:
    uuids = [entry.body["uuid"] for entry in found if isinstance(entry.body.get("uuid"), str)]
    shown = versions(entries, base, uuids) if uuids else {}
    if not shown:
        return list(found)
    wanted = [shown[entry.id] for entry in found if shown.get(entry.id, entry.id) != entry.id]
    last = {str(each["_id"]): each for each in entries.find({"_id": {"$in": wanted}})}
    kept = [entry for entry in found if shown.get(entry.id) != ""]
    return [_as_last_written(entries, entry, last.get(shown.get(entry.id, ""))) for entry in kept]


def _as_last_written(
    entries: Collection[Document], entry: StoredEntry, last: Document | None
) -> StoredEntry:
    """The entry's last version in the place, and under the name, of the first."""
    if last is None or last["_id"] == entry.id:
        return entry
    return replace(entry, body=stored(entries, last).body)
