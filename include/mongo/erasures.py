"""Erasure requests in MongoDB, and the stores beside it that must obey them.

`forgotten` holds one document a request, `forgotten_ids` the `_id` of every document that was
deleted for one. A request covers what was in the archive at its time `at`, and what had happened by
then; later entries are new. Stores outside MongoDB (a search index, a lake) register in `follower`
and record there what they erased: a request is done once the archive and every registered store
have.
"""

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pymongo.database import Database
from pymongo.errors import OperationFailure

from cca.errors import NotFound, SettingError
from cca.mongo.archive import ERASED_IDS, ERASURES, FOLLOWER, Document, server_time
from cca.selection import Covered, Selection

Kind = Literal["search", "lake"]

# A follower that said nothing for so long is taken as stopped.
_ALIVE = timedelta(minutes=2)

_UNAUTHORIZED = 13


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """One request; `sessions` and `projects` are those that lost documents."""

    id: str
    selection: Selection
    at: datetime
    is_done: bool
    # Only then may other stores erase: what they are built from is gone.
    is_archive_erased: bool
    sessions: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    # How often the stores were asked again, for documents that came while they erased.
    repeats: int = 0

    @property
    def until_ms(self) -> int:
        """Return the last event time it covers, in milliseconds since 1970."""
        return milliseconds(self.at)

    @property
    def key(self) -> str:
        """Return what a store notes once it has erased: a repeated request has another key."""
        return f"{self.id} {self.until_ms}" + (f" {self.repeats}" if self.repeats else "")

    @property
    def covered(self) -> Covered:
        """Return what of the archive and of the stores built from it must go."""
        return Covered(self.selection, self.at)

    def covers(self, event_ms: int, *, host: str, project: str, session: str) -> bool:
        """Return whether an entry of that time and place must not be stored."""
        return event_ms <= self.until_ms and self.selection.holds(
            host=host, project=project, session=session
        )


@dataclass(frozen=True, slots=True)
class Store:
    """A store outside MongoDB; `erased` holds the keys of the requests it has obeyed."""

    kind: Kind
    host: str
    path: str
    # The last sign of life of a running process; None if there was none.
    seen_at: datetime | None = None
    erased: frozenset[str] = frozenset()


def requests(database: Database[Document]) -> list[ErasureRequest]:
    """Return every request there was, the oldest first."""
    return [_request(row) for row in database[ERASURES].find().sort("at")]


def erased_in_archive(database: Database[Document]) -> list[ErasureRequest]:
    """Return the requests that a store beside MongoDB can obey now."""
    return [one for one in requests(database) if one.is_archive_erased]


def progress(database: Database[Document]) -> frozenset[tuple[str, datetime, bool, int]]:
    """Return what tells whether anything was erased: whoever kept a copy compares it."""
    fields = {"at": 1, "isArchiveErased": 1, "repeats": 1}
    rows = database[ERASURES].find({}, fields)
    return frozenset(
        (row["_id"], row["at"], bool(row.get("isArchiveErased")), row.get("repeats", 0))
        for row in rows
    )


def unfinished(database: Database[Document], selection: Selection) -> ErasureRequest | None:
    """Return the open request of exactly this selection."""
    row = database[ERASURES].find_one({**selection.given(), "isDone": False})
    return _request(row) if row else None


def open_request(database: Database[Document], selection: Selection) -> ErasureRequest:
    """Write the request, or renew the unfinished one: it covers what happened up to now."""
    found = unfinished(database, selection)
    one = found.id if found else uuid.uuid4().hex
    state = {
        "at": server_time(database), "isDone": False, "isArchiveErased": False, "repeats": 0,
    }  # fmt: skip
    database[ERASURES].update_one({"_id": one}, {"$set": selection.given() | state}, upsert=True)
    return _get(database, one)


def note_touched(
    database: Database[Document], request: ErasureRequest, documents: Iterable[Document]
) -> None:
    """Remember the sessions and projects of documents before they are deleted."""
    rows = list(documents)
    names = {
        "sessions": sorted({str(row.get("sessionKey")) for row in rows}),
        "projects": sorted({str(row.get("projectId")) for row in rows}),
    }
    added = {name: {"$each": values} for name, values in names.items()}
    database[ERASURES].update_one({"_id": request.id}, {"$addToSet": added})


def remember_ids(database: Database[Document], ids: Sequence[str]) -> None:
    """Keep the ids of what is deleted: nothing under them is stored again."""
    known = {row["_id"] for row in database[ERASED_IDS].find({"_id": {"$in": list(ids)}})}
    if fresh := [{"_id": one} for one in ids if one not in known]:
        database[ERASED_IDS].insert_many(fresh)


def erased_ids(database: Database[Document], ids: Sequence[str]) -> set[str]:
    """Return those of the ids that belong to deleted documents."""
    return {row["_id"] for row in database[ERASED_IDS].find({"_id": {"$in": list(ids)}})}


def ask_again(database: Database[Document], request: ErasureRequest) -> ErasureRequest:
    """Ask all stores once more, for documents that came meanwhile; it covers no more than before.

    With a later time it would also cover what is new, and never end beside a session in use.
    """
    change = {"$set": {"isDone": False}, "$inc": {"repeats": 1}}
    database[ERASURES].update_one({"_id": request.id}, change)
    return _get(database, request.id)


def note_archive_erased(database: Database[Document], request: ErasureRequest) -> ErasureRequest:
    """Record that MongoDB's documents are gone: the stores built from them may follow."""
    database[ERASURES].update_one({"_id": request.id}, {"$set": {"isArchiveErased": True}})
    return _get(database, request.id)


def register(
    database: Database[Document], kind: Kind, host: str, path: Path, *, is_running: bool = False
) -> bool:
    """Make a store known; False where this user may not write."""
    seen_at = server_time(database) if is_running else None
    row = {"kind": kind, "host": host, "path": str(path), "seenAt": seen_at}
    return _write(database, _store_id(kind, host, path), {"$set": row})


def note_erased(
    database: Database[Document], kind: Kind, host: str, path: Path, keys: Iterable[str]
) -> bool:
    """Record requests that a store has obeyed; False where this user may not write."""
    change = {
        "$set": {"kind": kind, "host": host, "path": str(path)},
        "$addToSet": {"erased": {"$each": sorted(keys)}},
    }
    is_noted = _write(database, _store_id(kind, host, path), change)
    # Who may not mark requests as done leaves that to those who may.
    with suppress(OperationFailure):
        close_finished(database)
    return is_noted


def close_finished(database: Database[Document]) -> None:
    """Mark those requests as done that the archive and every store have obeyed."""
    waiting = database[ERASURES].find({"isDone": False, "isArchiveErased": True})
    for request in map(_request, waiting):
        if not waiting_for(database, request):
            database[ERASURES].update_one(
                {"_id": request.id, "at": request.at, "isArchiveErased": True},
                {"$set": {"isDone": True}, "$unset": {"sessions": 1, "projects": 1}},
            )


def waiting_for(database: Database[Document], request: ErasureRequest) -> list[Store]:
    """Return the stores that have not obeyed the request yet."""
    return [store for store in stores(database) if request.key not in store.erased]


def stores(database: Database[Document]) -> list[Store]:
    """Return the stores beside MongoDB that are known."""
    return [
        Store(
            row["kind"],
            row["host"],
            row["path"],
            row.get("seenAt"),
            frozenset(row.get("erased", ())),
        )
        for row in database[FOLLOWER].find({"kind": {"$in": ["search", "lake"]}}).sort("_id")
    ]


def running(database: Database[Document], known: Iterable[Store]) -> list[Store]:
    """Return those stores whose process gave a sign of life within the last two minutes."""
    now = server_time(database)
    return [store for store in known if store.seen_at and now - store.seen_at < _ALIVE]


def dismiss(database: Database[Document], place: str) -> list[ErasureRequest]:
    """Strike out the stores at HOST:PATH, gone for good; return the requests that are done by it.

    Raises:
        NotFound: no store is known there.
        SettingError: it runs, so it is not gone.

    """
    known = stores(database)
    gone = [store for store in known if place == f"{store.host}:{store.path}"]
    if not gone:
        names = ", ".join(sorted(f"{store.host}:{store.path}" for store in known)) or "none"
        raise NotFound(f"no search index or lake is known at {place}; known are: {names}")
    if running(database, gone):
        raise SettingError(f"{place} is not gone: its `cca follow` runs, and obeys by itself")
    before = {one.id for one in requests(database) if not one.is_done}
    names_of_rows = [_store_id(store.kind, store.host, Path(store.path)) for store in gone]
    database[FOLLOWER].delete_many({"_id": {"$in": names_of_rows}})
    close_finished(database)
    return [one for one in requests(database) if one.id in before and one.is_done]


def milliseconds(at: datetime) -> int:
    """Return a time in milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def _store_id(kind: Kind, host: str, path: Path) -> str:
    return f"{kind} {host} {path}"


def _write(database: Database[Document], store: str, change: Document) -> bool:
    try:
        database[FOLLOWER].update_one({"_id": store}, change, upsert=True)
    except OperationFailure as error:
        if error.code != _UNAUTHORIZED:
            raise
        return False
    return True


def _get(database: Database[Document], one: str) -> ErasureRequest:
    return _request(database[ERASURES].find_one({"_id": one}) or {})


def _request(row: Document) -> ErasureRequest:
    return ErasureRequest(
        id=str(row["_id"]),
        selection=Selection(row["host"], row["project"], row["session"]),
        at=row["at"],
        is_done=bool(row["isDone"]),
        is_archive_erased=bool(row.get("isArchiveErased", row["isDone"])),
        sessions=tuple(row.get("sessions", ())),
        projects=tuple(row.get("projects", ())),
        repeats=int(row.get("repeats", 0)),
    )
