"""The browser's lists in MongoDB: `sessions` and `activity`; a changed row is counted again."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from pymongo import DeleteMany, DeleteOne, ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from cca.follow.feed import OVERLAP
from cca.follow.hours import MOST_NOTED, Hour, Noted, activity
from cca.follow.origins import Origins, Share
from cca.follow.session import Counts, counted, leave_out_rejected, session_row
from cca.mongo import changes
from cca.mongo.archive import (
    ACTIVITY,
    ARRIVALS,
    FOLLOWER,
    HOLDERS,
    PLACES,
    SESSIONS,
    WITHOUT_ZONES,
    Document,
    whole,
)
from cca.search.home import Position
from cca.transcript.times import is_outlier

log = logging.getLogger(__name__)

# Raise it whenever the same documents would give other rows.
LISTS_NUMBER = 12
# A busy session's row is counted again after a rest: counting takes a tenth of the time at most.
_SHORTEST_REST_SECONDS = 0.1
_RESTS = 9
# What the counts do not need and most bytes are; a line kept as such comes whole.
_WITHOUT = {
    "toolUseResult": 0, "preview": 0, "message.content.input": 0, "message.content.content": 0,
    "message.content.thinking": 0, "message.content.signature": 0, "message.content.source": 0,
    "message.usage": 0, "snapshot": 0, "data": 0, "attachment.rendered": 0, "rendered": 0,
}  # fmt: skip
_BATCH = 200
# Most sessions come with the first answer.
_READ_AT_ONCE = 1000
# A question stays far below the 16 MB of a message.
_ASKED_AT_ONCE = 10_000
# So many sessions, and this share of all, are counted by what one walk along an index tells.
_MANY, _SHARE = 100, 10
_UNAUTHORIZED = 13
# The browser's list reads a page by a walk of one of these, however many rows there are.
_SORTS = ("endedAt", "entries", "toolErrors")
_INDEXES = (
    *([("isSpoken", 1), (name, -1), ("_id", 1)] for name in _SORTS),
    [("isSpoken", 1), ("projectId", 1), ("endedAt", -1), ("_id", 1)],
    [("isSpoken", 1), ("projectKey", 1), ("endedAt", -1), ("_id", 1)],
    [("updatedAt", -1)],
)

Write = ReplaceOne[Document] | DeleteOne | DeleteMany


class Lists:
    """Remembers what was touched, and builds those rows again from the archive."""

    def __init__(self, conversations: Collection[Document], source: str) -> None:
        self._conversations = conversations
        # To count by.
        self._read = conversations.with_options(WITHOUT_ZONES)
        self._source = source
        database = conversations.database
        self._sessions, self._activity = database[SESSIONS], database[ACTIVITY]
        self._state = database[FOLLOWER]
        self._origins = Origins(conversations, self._sessions)
        # When each touched session is built again, and until when one that was just built rests.
        self._touched: dict[str, float] = {}
        self._resting: dict[str, float] = {}
        self._hours: set[Hour] = set()
        # In the first pass the hours wait for its end, when all their messages are noted.
        self._noted: Noted | None = None
        # The projects of sessions that were asked for, as their rows say.
        self._keys: dict[str, str] = {}
        self._are_others = False

    def catch_up(self, *, all_come: bool = False) -> None:
        """Touch whatever came since the rows were last known to be right.

        With `all_come` the caller is about to touch every document there is.
        """
        if not self._may_write():
            return
        since = self._saved()
        match: Document = {} if since is None else {"ingestedAt": {"$gte": since - OVERLAP}}
        if since is None:
            self._forget_gone()
            self._noted = Noted(MOST_NOTED)
        if all_come:
            return
        self._touch_those(match)

    def touch_arrived(self, since: datetime) -> None:
        """Touch what came meanwhile, where no feed tells of it."""
        self._touch_those({"ingestedAt": {"$gte": since}})

    def _touch_those(self, match: Document) -> None:
        hour = {"$dateTrunc": {"date": "$eventAt", "unit": "hour"}}
        key = {"session": "$sessionKey", "project": "$projectId", "hour": hour}
        # Of anything but a time MongoDB refuses to take the hour.
        steps = [{"$match": {**match, "eventAt": {"$type": "date"}}}, {"$group": {"_id": key}}]
        for group in self._conversations.aggregate(steps, allowDiskUse=True):
            self._touch(**group["_id"])

    def _may_write(self) -> bool:
        """Make the indexes; a user who may not leaves the lists to the follower of one who may."""
        try:
            for keys in _INDEXES:
                self._sessions.create_index(keys)
            for name in ("projectId", "projectKey"):
                self._activity.create_index([(name, 1), ("hour", 1)])
        except OperationFailure as error:
            if error.code != _UNAUTHORIZED:
                raise
            log.info("this user of MongoDB may only read: another follower keeps the lists")
            self._are_others = True
        with suppress(OperationFailure):
            # A first pass makes them at its end; a user who may not leaves them to that.
            for keys in (ARRIVALS, PLACES, HOLDERS):
                self._conversations.create_index(keys)
        return not self._are_others

    def touch(self, documents: Iterable[Document]) -> None:
        """Touch the rows of documents that the feed brought: their times name no zone."""
        for document in documents:
            at = document.get("eventAt")
            hour = at.replace(tzinfo=UTC) if isinstance(at, datetime) else None
            self._touch(document.get("sessionKey"), document.get("projectId"), hour)

    def renew(self, sessions: Iterable[str], projects: Iterable[str]) -> int:
        """Rewrite sessions, and all hours of projects, that lost documents; how many sessions."""
        if not self._may_write():
            return 0
        for session in sessions:
            self._touch(session, None, None)
        for row in self._activity.find({"projectId": {"$in": list(projects)}}):
            self._touch(None, row["projectId"], row["hour"])
        return self.flush(None, is_all=True)

    def flush(self, position: Position | None, *, is_all: bool = False) -> int:
        """Build due rows again; once none is left, all up to the position is right."""
        made = self._flush_once(position, is_all=is_all)
        # Rows of sessions that share entries change one another, once.
        while is_all and self._touched:
            made += self._flush_once(position, is_all=True)
        if is_all:
            self._noted = None
        return made

    def _flush_once(self, position: Position | None, *, is_all: bool) -> int:
        now = time.monotonic()
        due = [key for key, at in self._touched.items() if is_all or now >= at]
        if not due and not (is_all and self._hours):
            return 0
        self._origins.begin(is_for_many=self._are_many(due))
        hours: set[Hour] = set()
        try:
            before = self._project_keys(due)
            self._write(self._sessions, self._rows(due, before))
            if is_all or self._noted is None:
                hours, self._hours = self._hours, set()
                self._write(self._activity, chain.from_iterable(map(self._active, hours)))
            changes.note(self._state.database, due)
        except BaseException:
            self._hours |= hours
            self._touch_unsettled()
            raise
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        for key in due:
            del self._touched[key]
        self._touch_unsettled()
        if not (self._touched or self._hours) and position is not None:
            self._save(position)
        log.debug("%d session rows, %d hours written", len(due), len(hours))
        return len(due)

    def _are_many(self, due: list[str]) -> bool:
        """Whether one walk along all entries costs less than to ask for those of each session."""
        if len(due) < _MANY:
            return False
        return len(due) * _SHARE > self._sessions.estimated_document_count()

    def _touch_unsettled(self) -> None:
        for key in self._origins.unsettled:
            self._touch(key, None, None)

    def _touch(self, session: Any, project: Any, hour: Any) -> None:
        if self._are_others:
            return
        if isinstance(session, str):
            self._touched.setdefault(session, self._resting.get(session, 0.0))
        elif hour is not None:
            # Of no session: nobody counts, and so nobody notes it.
            self._noted = None
        if not isinstance(hour, datetime):
            return
        at = hour.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        one = Hour(str(project or ""), at)
        # A clock that is years off would stretch the chart of activity.
        if one not in self._hours and not is_outlier(hour, datetime.now(UTC)):
            self._hours.add(one)

    def _rows(self, due: Iterable[str], before: Mapping[str, str]) -> Iterator[Write]:
        """Count sessions again; those that share entries together, as they change one another."""
        for group in self._origins.together(due):
            began = time.monotonic()
            told: list[tuple[str, Counts, Share]] = []
            for key, counts in self._counted(group):
                told.append((key, counts, self._origins.tell(key, counts.entries)))
            leave_out_rejected((counts for _, counts, _ in told), self._texts)
            for key, counts, share in told:
                repeated = self._origins.settle(key, share)
                row = session_row(key, counts, repeated)
                self._note_project(key, before.get(key), row["projectKey"] if row else "")
                yield (
                    ReplaceOne({"_id": key}, row | {"origin": share.origin}, upsert=True)
                    if row
                    else DeleteOne({"_id": key})
                )
            ended = time.monotonic()
            rest = max(_SHORTEST_REST_SECONDS, _RESTS * (ended - began) / len(group))
            self._resting |= dict.fromkeys(group, ended + rest)

    def _counted(self, group: list[str]) -> Iterator[tuple[str, Counts]]:
        """Count each session of a group; one without documents is gone."""
        gone = dict.fromkeys(group)
        for key, documents in groupby(self._documents(group), itemgetter("sessionKey")):
            yield key, counted(key, documents)
            del gone[key]
        yield from ((key, Counts()) for key in gone)

    def _documents(self, sessions: list[str]) -> Iterator[Document]:
        wanted = {"sessionKey": {"$in": sessions}}
        found = self._read.find(wanted, _WITHOUT, batch_size=_READ_AT_ONCE)
        for document in self._whole(found.sort(PLACES)):
            if self._noted is not None:
                self._noted.note(document)
            if _is_placed(document):
                yield document
        if self._noted is not None and self._noted.is_full:
            self._noted = None

    def _active(self, hour: Hour) -> Iterable[Write]:
        if self._noted is not None:
            return self._noted.activity(hour, self._project_keys)
        return activity(self._read, hour, self._project_keys)

    def _note_project(self, session: str, before: str | None, project_key: str) -> None:
        """Count all hours of a session again where it turns out to be of another project."""
        self._keys[session] = project_key
        if before is not None and before != project_key:
            places = {"projectId": 1, "eventAt": 1}
            for document in self._conversations.find({"sessionKey": session}, places):
                self._touch(None, document.get("projectId"), document.get("eventAt"))

    def _project_keys(self, sessions: Iterable[str]) -> dict[str, str]:
        """The projects of sessions; without those that have no row yet."""
        wanted = set(sessions)
        unknown = list(wanted - self._keys.keys())
        for start in range(0, len(unknown), _ASKED_AT_ONCE):
            some = {"_id": {"$in": unknown[start : start + _ASKED_AT_ONCE]}}
            rows = self._sessions.find(some, {"projectKey": 1})
            self._keys |= {row["_id"]: str(row.get("projectKey") or "") for row in rows}
        return {session: self._keys[session] for session in wanted & self._keys.keys()}

    def _texts(self, ids: list[str]) -> Iterable[Document]:
        return self._whole(self._read.find({"_id": {"$in": ids}}, {"toolUseResult": 0}))

    def _whole(self, documents: Iterable[Document]) -> Iterable[Document]:
        return (whole(self._conversations, document) for document in documents)

    def _write(self, collection: Collection[Document], writes: Iterable[Write]) -> None:
        batch: list[Write] = []
        for write in writes:
            batch.append(write)
            if len(batch) == _BATCH:
                collection.bulk_write(batch, ordered=False)
                batch = []
        if batch:
            collection.bulk_write(batch, ordered=False)

    def _forget_gone(self) -> None:
        """Touch all rows that stand, so that those without documents go."""
        for row in self._sessions.find({}, {"_id": 1}):
            self._touch(row["_id"], None, None)
        for row in self._activity.find({}, {"projectId": 1, "hour": 1}):
            self._touch(None, row.get("projectId"), row.get("hour"))

    def _saved(self) -> datetime | None:
        row = self._state.find_one({"_id": "lists", **self._kind()})
        return row["ingestedAt"] if row else None

    def _save(self, position: Position) -> None:
        row = self._kind() | {"ingestedAt": position.ingested_at}
        self._state.replace_one({"_id": "lists"}, row, upsert=True)

    def _kind(self) -> Document:
        """What rows there are: those made without the index change once it is there."""
        return {
            "number": LISTS_NUMBER, "source": self._source, "isShared": self._origins.may_ask(),
        }  # fmt: skip

    def start_over(self) -> None:
        """Take no row for right: the next catch-up builds all of them again."""
        self._state.delete_one({"_id": "lists"})


def _is_placed(document: Document) -> bool:
    """Return whether it counts: no agent wrote the others, and gold does not count them either."""
    # Where a string is asked for, MongoDB also finds lists of strings.
    times = document.get("eventAt"), document.get("ingestedAt")
    return isinstance(document["sessionKey"], str) and all(isinstance(at, datetime) for at in times)
