"""Decide what a run takes, once, and cut it into chunks; move the high-water mark at the end.

Chunks can be extracted in any order, at once and repeatedly. Only when all of them are done does
`finish` move the lake's high-water mark, so a crash in between only costs a repetition.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, time
from typing import Any

from pymongo.collection import Collection

from cca.extract import fetch
from cca.extract.window import Kind, Window, from_iso, to_iso
from cca.lake import arrivals
from cca.lake.lake import Lake, holding
from cca.lake.manifest import Coverage, Manifest
from cca.lake.time_range import TimeRange
from cca.mongo import archive, erasures
from cca.mongo.archive import Document
from cca.settings import Settings
from cca.transcript import TRANSCRIPT_RULES

log = logging.getLogger(__name__)

# A smaller chunk costs more for its process and its files than it saves.
SMALLEST_CHUNK = 20_000
# Every BSON type but a date: only a full extraction by arrival finds documents without a date.
_NO_DATES = ["double", "string", "object", "array", "binData", "objectId", "bool", "int", "long"]


@dataclass(frozen=True)
class Chunk:
    """Part of a run: the range it replaces in the lake, and what the whole run decided.

    `high_water_mark` is where the run moves the lake's, None for a backfill. `follows` is the one
    that an incremental run builds on. `is_whole`: it is the only chunk of its run, so its commit
    moves the mark as well. `reason` says why a run takes everything though nobody asked for it.
    """

    kind: Kind
    scope: TimeRange
    high_water_mark: datetime | None = None
    follows: datetime | None = None
    is_whole: bool = True
    reason: str = ""

    @property
    def moves_mark(self) -> bool:
        """Tells whether its own commit moves the high-water mark."""
        return self.is_whole and self.high_water_mark is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, for hand-over between tasks."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        scope = asdict(own.pop("scope"))
        values = own | {"field": scope["field"], "start": scope["start"], "end": scope["end"]}
        return {
            name: to_iso(value) if isinstance(value, datetime) else value
            for name, value in values.items()
        }


def plan(settings: Settings, uri: str, window: Window, *, number: int = 1) -> tuple[Chunk, ...]:
    """Decide what a run takes, and cut it into at most so many chunks of about equal size.

    An incremental run takes everything where the lake has no high-water mark yet, or where older
    transcript rules wrote it. An incremental or small run is one chunk.

    Raises:
        ServiceDown: MongoDB does not answer.

    """
    with archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        # An erasure is done only when this lake has done its part.
        erasures.register(collection.database, "lake", settings.cca_host, settings.lake_dir)
        if window.kind == "backfill":
            ranges = _split(collection, window.events, number)
            return tuple(Chunk("backfill", scope, is_whole=len(ranges) == 1) for scope in ranges)
        reason = ""
        if window.kind == "incremental":
            with holding(settings, is_shared=True) as lake:
                state = lake.read()
                coverage = state.coverage
                if coverage and coverage.transcript_rules >= TRANSCRIPT_RULES:
                    return (_incremental(collection, lake, state, coverage.high_water_mark),)
                reason = _reason(coverage)
        return _full(collection, number, reason)


def finish(settings: Settings, chunks: Sequence[Chunk]) -> datetime | None:
    """Move the lake's high-water mark once all chunks are extracted; return where it is then.

    It is the last step of every extraction, and does nothing where a chunk moved the mark itself.
    """
    first = chunks[0]
    if first.high_water_mark is None or first.moves_mark:
        return first.high_water_mark
    with holding(settings) as lake:
        if coverage := coverage_after(first, lake.read()):
            lake.record_coverage(coverage)
        return lake.read().high_water_mark


def coverage_after(chunk: Chunk, state: Manifest) -> Coverage | None:
    """Return what the lake covers when the chunk's run is done; None leaves it as it is.

    A run that began earlier and ends later does not move the mark back. Where the lake lost what
    an incremental run builds on, the mark stays, and the next run takes everything.
    """
    mark, before = chunk.high_water_mark, state.high_water_mark
    if mark is None:
        return None
    if chunk.follows is not None and (before is None or before < chunk.follows):
        log.warning("the lake was replaced meanwhile: the next run extracts everything")
        return None
    if chunk.kind == "incremental" or not chunk.is_whole:
        mark = max(mark, before or mark)
    return Coverage(mark, TRANSCRIPT_RULES)


def handed_over(settings: Settings, uri: str, values: dict[str, Any]) -> Chunk:
    """Return the chunk that a task handed over; decide now what cca 0.1 left undecided."""
    return from_dict(values) or plan(settings, uri, Window.from_dict(values))[0]


def from_dict(values: dict[str, Any]) -> Chunk | None:
    """Return the chunk that `Chunk.to_dict` wrote.

    cca 0.1 handed over windows, and a mark only where there were several; a run that began before
    an upgrade may end after it. None is a window that its extraction had to decide.
    """
    if "field" in values:
        own = {field.name: values[field.name] for field in fields(Chunk) if field.name != "scope"}
        start, end = from_iso(values["start"]), from_iso(values["end"])
        times = {name: from_iso(values[name]) for name in ("high_water_mark", "follows")}
        return Chunk(**{**own, **times, "scope": TimeRange(start, end, values["field"])})
    window, mark = Window.from_dict(values), from_iso(values["mark"])
    if window.kind != "backfill":
        return None
    return Chunk("full" if mark else "backfill", window.events, mark, is_whole=mark is None)


def _reason(coverage: Coverage | None) -> str:
    if coverage is None:
        return ""
    reason = (
        f"transcript rules {coverage.transcript_rules} wrote the lake and now there are "
        f"{TRANSCRIPT_RULES}: everything is extracted once"
    )
    log.info("%s", reason)
    return reason


def _incremental(
    collection: Collection[Document], lake: Lake, state: Manifest, mark: datetime
) -> Chunk:
    """What arrived since the high-water mark, and documents before it that show only now."""
    through = fetch.latest_visible(collection)
    counts = lake.arrivals.total(state.files, mark, lambda file: lake.table(file, ["ingested_at"]))
    late = arrivals.earliest_difference(
        counts, mark, lambda after, to: fetch.arrived(collection, after, to)
    )
    scope = TimeRange(late or mark, through, "ingestedAt")
    return Chunk("incremental", scope, high_water_mark=through, follows=mark)


def _full(collection: Collection[Document], number: int, reason: str) -> tuple[Chunk, ...]:
    # Taken before any document is read: what arrives from now on is left to the next run.
    mark = fetch.latest_visible(collection)
    ranges = _split(collection, TimeRange(), number)
    if len(ranges) == 1:
        return (Chunk("full", TimeRange(None, mark, "ingestedAt"), mark, reason=reason),)
    return tuple(Chunk("full", scope, mark, is_whole=False, reason=reason) for scope in ranges)


def _split(collection: Collection[Document], events: TimeRange, number: int) -> list[TimeRange]:
    if number == 1 or _has_odd_times(collection):
        return [events]
    return events.split(_boundaries(collection, events, number))


def _has_odd_times(collection: Collection[Document]) -> bool:
    """Tells whether a document lacks a date in `eventAt`: no range of event time would find it."""
    odd = {"$or": [{"eventAt": None}, {"eventAt": {"$type": _NO_DATES}}]}
    return collection.find_one(odd, projection=["_id"]) is not None


def _boundaries(collection: Collection[Document], events: TimeRange, number: int) -> list[datetime]:
    """Return midnights that cut the documents into about equal numbers; only the index is read."""
    documents = fetch.count(collection, events)
    step = max(-(-documents // number), SMALLEST_CHUNK)
    places = range(step, documents, step)
    times = [found for place in places if (found := _event_at(collection, events, place))]
    return [datetime.combine(one.date(), time(), one.tzinfo) for one in times]


def _event_at(collection: Collection[Document], events: TimeRange, place: int) -> datetime | None:
    """Return the event time at a place in the order of event times."""
    query = events.query() or {"eventAt": {"$exists": True}}
    found = collection.find(query, {"_id": 0, "eventAt": 1}, sort=[("eventAt", 1)], skip=place)
    return next((one["eventAt"] for one in found.limit(1)), None)
