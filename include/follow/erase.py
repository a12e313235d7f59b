"""Erasure in what the follower keeps: the search index, and the lists derived from the archive."""

import threading
from collections.abc import Iterable

from pymongo.collection import Collection
from pymongo.database import Database

from cca.errors import AlreadyRunning
from cca.follow.lists import Lists
from cca.follow.lock import follower_lock
from cca.follow.rebuild import build_anew, source_of
from cca.mongo import erasures
from cca.mongo.archive import SESSIONS, Document
from cca.mongo.erasures import ErasureRequest
from cca.search import home as homes
from cca.search.erase import erasure_query
from cca.search.index import Writer
from cca.search.reader import Reader
from cca.search.schema import count_of
from cca.selection import Selection
from cca.settings import Settings


def pending(settings: Settings, database: Database[Document]) -> list[ErasureRequest]:
    """Return the requests that the index in use has not obeyed yet."""
    home = homes.current(settings.search_dir)
    erased = home.erased() if home else frozenset()
    return [one for one in erasures.erased_in_archive(database) if one.key not in erased]


def obey(settings: Settings, collection: Collection[Document], stop: threading.Event) -> None:
    """Erase what is asked for from index and lists, and record it; the caller holds the lock.

    The blocks are unfindable at once. Their words leave the disk with the old index, once the new
    one is built; cut short, all of it is repeated.
    """
    if not homes.is_there(settings.search_dir):
        return
    asked = pending(settings, collection.database)
    if asked:
        _make_unfindable(settings, asked)
        build_anew(settings, collection, stop)
        if stop.is_set():
            return
        for request in asked:
            renew_lists(collection, request)
    note_obeyed(settings, collection.database)


def note_obeyed(settings: Settings, database: Database[Document]) -> None:
    """Record in MongoDB what the index in use has obeyed, where this user may write."""
    if home := homes.current(settings.search_dir):
        erasures.note_erased(
            database, "search", settings.cca_host, settings.search_dir, home.erased()
        )


def obey_here(settings: Settings, collection: Collection[Document]) -> None:
    """Erase from the index of this CCA_HOME, where one lies and no follower is running on it."""
    try:
        with follower_lock(settings.search_dir):
            obey(settings, collection, threading.Event())
    except AlreadyRunning:
        # It does so itself, within seconds.
        erasures.register(
            collection.database, "search", settings.cca_host, settings.search_dir, is_running=True
        )


def count_blocks(settings: Settings, selection: Selection) -> int | None:
    """Return how many blocks of the selection the index holds; None without one to look into."""
    view = Reader(settings.search_dir).view()
    query = erasure_query(selection, view.schema) if view else None
    return None if view is None or query is None else count_of(view.searcher, query)


def renew_lists(collection: Collection[Document], request: ErasureRequest) -> int:
    """Rewrite the rows of sessions and hours that lost documents; return how many sessions."""
    fields = request.selection.fields()
    wanted = {"_id" if name == "sessionKey" else name: value for name, value in fields.items()}
    rows: Iterable[Document] = collection.database[SESSIONS].find(wanted, {"projectId": 1})
    found = {row["_id"]: str(row.get("projectId") or "") for row in rows}
    lists = Lists(collection, source_of(collection) or "")
    return lists.renew({*request.sessions, *found}, {*request.projects, *found.values()})


def _make_unfindable(settings: Settings, asked: Iterable[ErasureRequest]) -> None:
    if home := homes.current(settings.search_dir):
        with Writer(home) as writer:
            for request in asked:
                writer.erase(request.selection)
