"""Which rows of the session list, or notes on them, changed: one document that pages watch.

To read it costs a look-up by `_id`, on every MongoDB; rows that were deleted are named like others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pymongo.database import Database

from cca.mongo.archive import FOLLOWER, Document

_ID = "changes"
# So many changed rows are named; whoever missed more takes all rows for changed.
_NAMED = 100


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows written since a number; `sessions` is None where it may be any."""

    number: int
    sessions: frozenset[str] | None


def note(database: Database[Document], sessions: Sequence[str]) -> None:
    """Tell the pages that these rows, or notes on them, were changed; after that, never before."""
    named = {"$each": list(sessions[-_NAMED:]), "$slice": -_NAMED}
    change = {"$inc": {"number": len(sessions)}, "$push": {"recent": named}}
    database[FOLLOWER].update_one({"_id": _ID}, change, upsert=True)


def since(database: Database[Document], seen: int | None) -> Changes | None:
    """Return what changed since the number `seen`, None if nothing did.

    Args:
        database: Where the lists are.
        seen: The number of the last look; None at the first.

    """
    row = database[FOLLOWER].find_one({"_id": _ID, "number": {"$ne": seen}})
    if row is None:
        return None
    number, recent = int(row["number"]), row["recent"]
    missed = number if seen is None else number - seen
    is_named = seen is not None and 0 < missed <= len(recent)
    return Changes(number, frozenset(recent[-missed:]) if is_named else None)
