"""Which session had an entry first, where forks and resumed sessions repeat it: gold's rule.

It is the rule of dbt's `int_session_origins` and `had_first`, over the archive. Each row of
`sessions` keeps its `origin`, so that the sessions that share entries with it need not read it.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

from pymongo.collection import Collection

from cca.mongo.archive import HOLDERS, Document

_UUIDS_OF_ONE_QUERY = 10_000
_BUSY_SESSIONS = 32
# The counts of so many sessions are held at once.
_TOGETHER = 20
_FIRST = datetime.min.replace(tzinfo=UTC)

Rank = tuple[bool, bool, datetime, bool, datetime, str]


class Dated(Protocol):
    """What the rule asks of an entry; its times are the earliest of its copies in the session.

    They are UTC and name no zone, as documents of a session are read.
    """

    has_uuid: bool
    event_at: datetime
    taken_at: datetime
    written_at: datetime | None
    is_foreign: bool
    is_forked: bool


@dataclass(frozen=True, slots=True)
class Share:
    """A session's origin, the other sessions that hold each entry, and what was known of them."""

    origin: Document
    holders: Mapping[str, set[str]]
    known: dict[str, Document]

    @property
    def others(self) -> set[str]:
        return set().union(*self.holders.values())


class Origins:
    """Knows what sessions share; what it is told is known before MongoDB has it."""

    def __init__(self, conversations: Collection[Document], sessions: Collection[Document]) -> None:
        self._conversations = conversations
        self._sessions = sessions
        self._told: dict[str, Document] = {}
        self._is_indexed = False
        # Entries of the sessions last settled that no other session held.
        self._alone: OrderedDict[str, frozenset[str]] = OrderedDict()
        # Of others it is not known whether an earlier process told those they share with.
        self._settled: set[str] = set()
        # Sessions whose share of the entries changes with that of another.
        self.unsettled: set[str] = set()
        # While many rows are counted: who holds each shared entry, and the origins in the rows.
        self._shared: dict[str, frozenset[str]] | None = None
        self._origins: dict[str, Document] = {}

    def begin(self, *, is_for_many: bool = False) -> None:
        """Forget what was told; call it once the rows are written.

        For many sessions, all that they would ask one by one is read at once.
        """
        self._told.clear()
        self.unsettled.clear()
        self._shared, self._origins = None, {}
        if is_for_many and self.may_ask():
            self._shared = self._all_shared()
            rows = self._sessions.find({"origin": {"$exists": True}}, {"origin": 1})
            self._origins = {row["_id"]: row["origin"] for row in rows}

    def _all_shared(self) -> dict[str, frozenset[str]]:
        """Return who holds each entry that several sessions hold, by one walk along the index."""
        fields = {"_id": 0, "uuid": 1, "sessionKey": 1}
        found = self._conversations.find({"uuid": {"$type": "string"}}, fields, batch_size=10_000)
        rows = filter(_is_named, found.sort(HOLDERS).hint(HOLDERS))
        shared = {}
        for uuid, same in groupby(rows, itemgetter("uuid")):
            holders = frozenset(row["sessionKey"] for row in same)
            if len(holders) > 1:
                shared[uuid] = holders
        return shared

    def may_ask(self) -> bool:
        """Return whether the index is there; without it each session would read the archive."""
        if not self._is_indexed:
            indexes = self._conversations.list_indexes()
            self._is_indexed = any(list(index["key"].items()) == HOLDERS for index in indexes)
        return self._is_indexed

    def together(self, sessions: Iterable[str]) -> Iterator[list[str]]:
        """Yield the sessions in groups: all of one are told before any of them is settled.

        Which ones share entries is known only while many rows are counted. Those that share none
        fill the groups up then: a question to MongoDB for each session would cost a tenth more.
        """
        if self._shared is None:
            yield from ([session] for session in sessions)
            return
        first: dict[str, str] = {}

        def first_of(session: str) -> str:
            while (other := first.get(session, session)) != session:
                session = other
            return session

        for names in set(self._shared.values()):
            firsts = {first_of(name) for name in names}
            first |= dict.fromkeys(firsts, min(firsts))
        found: dict[str, list[str]] = {}
        for session in sessions:
            found.setdefault(first_of(session), []).append(session)
        group: list[str] = []
        for sharing in found.values():
            for start in range(0, len(sharing), _TOGETHER):
                some = sharing[start : start + _TOGETHER]
                if len(group) + len(some) > _TOGETHER:
                    yield group
                    group = []
                group += some
        if group:
            yield group

    def tell(self, session: str, entries: Mapping[str, Dated]) -> Share:
        """Keep the session's origin; the sessions that this changes are `unsettled` afterwards.

        `entries` holds the session's entries by uuid, or by document id without one. Without
        entries the session is gone.
        """
        holders = self._holders(session, {key for key, one in entries.items() if one.has_uuid})
        others = set().union(*holders.values())
        known = self._known({session, *others})
        origin = _origin(entries, holders)
        self._told[session] = origin
        before = known.get(session, {})
        if session not in self._settled or _weight(before) != _weight(origin):
            self._settled.add(session)
            self._unsettle(others | set(before.get("sharedWith", ())))
        return Share(origin, holders, known)

    def settle(self, session: str, share: Share) -> frozenset[str]:
        """Return the keys of entries that another session had first, by what was told so far."""
        self.unsettled.discard(session)
        known = share.known | {name: self._told[name] for name in share.others & self._told.keys()}
        own = _rank(session, share.origin)
        earlier = {name for name in share.others & known.keys() if _rank(name, known[name]) < own}
        return frozenset(key for key, names in share.holders.items() if names & earlier)

    def _unsettle(self, sessions: set[str]) -> None:
        self.unsettled |= sessions
        for session in sessions:
            self._alone.pop(session, None)

    def _holders(self, session: str, uuids: set[str]) -> dict[str, set[str]]:
        """Return the other sessions that hold each entry, for entries that have any.

        A busy session asks for its new entries alone: whoever comes to share the others unsettles
        it.
        """
        found: dict[str, set[str]] = {}
        if self._shared is not None:
            mine = {key: self._shared[key] - {session} for key in uuids & self._shared.keys()}
            return {key: set(others) for key, others in mine.items() if others}
        if not self.may_ask():
            return found
        fields = {"_id": 0, "uuid": 1, "sessionKey": 1}
        asked = list(uuids - self._alone.pop(session, frozenset()))
        for start in range(0, len(asked), _UUIDS_OF_ONE_QUERY):
            some = asked[start : start + _UUIDS_OF_ONE_QUERY]
            wanted = {"uuid": {"$in": some}, "sessionKey": {"$ne": session}}
            for row in self._conversations.find(wanted, fields):
                if _is_named(row):
                    found.setdefault(row["uuid"], set()).add(row["sessionKey"])
        self._alone[session] = frozenset(uuids - found.keys())
        if len(self._alone) > _BUSY_SESSIONS:
            self._alone.popitem(last=False)
        return found

    def _known(self, sessions: set[str]) -> dict[str, Document]:
        """Return their origins; one without a row yet settles the others when it gets one."""
        known: dict[str, Document]
        if self._shared is not None:
            known = {name: self._origins[name] for name in sessions & self._origins.keys()}
        else:
            unknown = {"$in": list(sessions - self._told.keys())}
            wanted = {"_id": unknown, "origin": {"$exists": True}}
            known = {
                row["_id"]: row["origin"] for row in self._sessions.find(wanted, {"origin": 1})
            }
        return known | {name: self._told[name] for name in sessions & self._told.keys()}


def first_holders(sessions: Collection[Document], rows: Iterable[Document]) -> dict[str, str]:
    """Return which session had the entries first that a session shares, for each that has one.

    `rows` are rows of `sessions`; one that had all it shares first is not among the keys.
    """
    copies = {str(row["_id"]): row["origin"] for row in rows if _shared_with(row)}
    others = {str(name) for origin in copies.values() for name in origin["sharedWith"]}
    if not others:
        return {}
    wanted = {"_id": {"$in": sorted(others)}, "origin": {"$exists": True}}
    known = {str(row["_id"]): row["origin"] for row in sessions.find(wanted, {"origin": 1})}
    ranks = {name: _rank(name, origin) for name, origin in (known | copies).items()}
    firsts = {
        name: min({name, *origin["sharedWith"]} & ranks.keys(), key=lambda each: ranks[each])
        for name, origin in copies.items()
    }
    return {name: first for name, first in firsts.items() if first != name}


def _shared_with(row: Document) -> list[str]:
    origin = row.get("origin")
    found = origin.get("sharedWith") if isinstance(origin, dict) else None
    return [str(name) for name in found] if isinstance(found, list) else []


def _origin(entries: Mapping[str, Dated], holders: Mapping[str, set[str]]) -> Document:
    own = min((one.event_at for key, one in entries.items() if key not in holders), default=None)
    shared_entries = [entries[key] for key in holders]
    # A history that the archive held before another session began is no copy of that one.
    since = own and min([own, *(one.taken_at for one in shared_entries)])
    written = (one.written_at for one in entries.values() if one.written_at)
    is_named = any(one.is_forked for one in entries.values())
    origin: Document = {
        "isFork": is_named or any(one.is_foreign for one in shared_entries),
        "knownSince": since and since.replace(tzinfo=UTC),
        "lastWrittenAt": max(written, default=None),
    }
    if holders:
        shared = "\n".join(sorted(f"{key} {sorted(names)}" for key, names in holders.items()))
        digest = hashlib.blake2b(shared.encode(errors="replace"), digest_size=8)
        origin["sharedWith"] = sorted(set().union(*holders.values()))
        origin["sharedDigest"] = digest.hexdigest()
    return origin


def _weight(origin: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what others' shares depend on: the last time only where nothing is its own."""
    since, last = origin.get("knownSince"), origin.get("lastWrittenAt")
    return origin.get("isFork"), since, origin.get("sharedDigest"), None if since else last


def _rank(session: str, origin: Mapping[str, Any]) -> Rank:
    """Return the session's place among those that hold an entry; the lowest had it first."""
    since, written = origin.get("knownSince"), origin.get("lastWrittenAt")
    return (
        bool(origin.get("isFork")), since is not None, since or _FIRST,
        written is not None, written or _FIRST, session,
    )  # fmt: skip


def _is_named(row: Document) -> bool:
    """Return whether entry and session have names: for a string MongoDB also finds lists of it."""
    return isinstance(row["uuid"], str) and isinstance(row.get("sessionKey"), str)
