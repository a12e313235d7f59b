"""A wide window in parts that `extract` takes one by one, or several processes at once.

Each part is a window of its own, repeatable in any order. Only when all are done does `finish`
move the lake's mark, so a crash between two parts costs nothing but their repetition.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Self

from pymongo.collection import Collection

from cca.extract import fetch
from cca.extract.window import Window, split
from cca.lake.manifest import supported
from cca.lake.store import holding
from cca.lake.time_range import Range
from cca.mongo import archive
from cca.mongo.archive import Document
from cca.settings import Settings

# a smaller part costs more by its process and its files than it saves
SMALLEST_PART = 20_000
# every BSON type but a date: only a full window finds documents by when they arrived alone
_NO_DATES = ["double", "string", "object", "array", "binData", "objectId", "bool", "int", "long"]


@dataclass(frozen=True)
class Parts:
    """Windows of a run, and the mark that the lake has when all of them are extracted.

    No mark: none of them, or the only one itself, moves it.
    """

    windows: tuple[Window, ...]
    mark: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form, for hand-over between tasks."""
        return {
            "windows": [window.to_dict() for window in self.windows],
            "mark": self.mark.isoformat() if self.mark else None,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The parts that `to_dict` wrote."""
        mark = values["mark"]
        windows = tuple(Window.from_dict(one) for one in values["windows"])
        return cls(windows, datetime.fromisoformat(mark) if mark else None)


def plan(
    settings: Settings,
    uri: str,
    window: Window,
    *,
    parts: int,
    storage_format: str | None = None,
) -> Parts:
    """At most so many parts of about equally many documents, cut at midnights (UTC).

    What is small, or incremental upon an earlier run, stays one part.
    """
    chosen = supported(storage_format or settings.storage_format)
    with archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        if window.kind == "incremental" and _is_empty(settings, chosen):
            window = Window("full")
        if window.kind == "incremental" or _has_odd_times(collection):
            return Parts((window,))
        # before any part is read: what arrives from now on is left to the next run
        mark = fetch.settled_now(collection) if window.kind == "full" else None
        cuts = _boundaries(collection, window, parts)
    windows = tuple(split(window, cuts))
    return Parts(windows, mark if len(windows) > 1 else None)


def finish(
    settings: Settings, parts: Parts, *, storage_format: str | None = None
) -> datetime | None:
    """Move the lake's mark, once every part is extracted; where it stands then."""
    with holding(settings, storage_format) as lake:
        before = lake.read().extracted
        if parts.mark is None or (before is not None and before >= parts.mark):
            return before
        lake.move_mark(parts.mark)
        return parts.mark


def _is_empty(settings: Settings, storage_format: str) -> bool:
    with holding(settings, storage_format, is_shared=True) as lake:
        return lake.read().extracted is None


def _has_odd_times(collection: Collection[Document]) -> bool:
    """Whether a document lacks a date in `eventAt`: no range of event time would find it."""
    odd = {"$or": [{"eventAt": None}, {"eventAt": {"$type": _NO_DATES}}]}
    return collection.find_one(odd, projection=["_id"]) is not None


def _boundaries(collection: Collection[Document], window: Window, parts: int) -> list[datetime]:
    """Midnights that cut the documents into about equal numbers; the index alone tells."""
    owned = Range("eventAt", window.start, window.end)
    documents = fetch.count(collection, owned)
    step = max(-(-documents // parts), SMALLEST_PART)
    places = range(step, documents, step)
    moments = [found for place in places if (found := _event_at(collection, owned, place))]
    return [datetime.combine(one.date(), time(), one.tzinfo) for one in moments]


def _event_at(collection: Collection[Document], owned: Range, place: int) -> datetime | None:
    """The event time at a place in the order of event times."""
    query = owned.query() or {"eventAt": {"$exists": True}}
    found = collection.find(query, {"_id": 0, "eventAt": 1}, sort=[("eventAt", 1)], skip=place)
    return next((one["eventAt"] for one in found.limit(1)), None)
