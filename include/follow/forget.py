"""Forgetting: what was deleted from the archive leaves the search index and the lists too."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pymongo.collection import Collection

from cca.errors import AlreadyRunning
from cca.follow.lists import Lists
from cca.follow.lock import follower_lock
from cca.follow.rebuild import answer_requests, source_of
from cca.follow.request import ask
from cca.mongo import archive
from cca.mongo.archive import Document
from cca.search.reader import Reader
from cca.search.removal import Chosen, places_of, removal_query
from cca.settings import Settings

_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Forgotten:
    """Blocks the index held, and rows of the session list made anew or deleted."""

    blocks: int
    sessions: int


def forget(settings: Settings, uri: str, chosen: Chosen) -> Forgotten:
    """Call it once the documents are gone from MongoDB: all is made from what is left there.

    The blocks are unfindable at once; their words are gone from the disk when this returns, as
    the index has been built anew by then.
    """
    with archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        blocks, sessions, projects = _indexed(settings, chosen)
        _see_to_it(settings, collection, ask(settings.search_dir, chosen))
        return Forgotten(blocks, _lists_anew(collection, chosen, sessions, projects))


def _see_to_it(settings: Settings, collection: Collection[Document], request: Path) -> None:
    """The running follower does what was asked; where none runs, this process does."""
    while request.exists():
        try:
            with follower_lock(settings.search_dir):
                answer_requests(settings, collection, threading.Event())
        except AlreadyRunning:
            time.sleep(_LOOK_SECONDS)


def _indexed(settings: Settings, chosen: Chosen) -> tuple[int, set[str], set[str]]:
    view = Reader(settings.search_dir).view()
    query = removal_query(chosen, view.schema, view.searcher) if view else None
    if view is None or query is None:
        return 0, set(), set()
    return places_of(query, view.searcher)


def _lists_anew(
    collection: Collection[Document], chosen: Chosen, sessions: set[str], projects: set[str]
) -> int:
    """A session moves between folders, so rows are found by what they say and by the index."""
    given = {"host": chosen.host, "projectId": chosen.project, "_id": chosen.session}
    wanted = {name: value for name, value in given.items() if value}
    listed = collection.database["sessions"]
    rows: Iterable[Document] = listed.find(wanted, {"projectId": 1}) if wanted else []
    found = {row["_id"]: str(row.get("projectId") or "") for row in rows}
    lists = Lists(collection, source_of(collection) or "")
    lists.touch_again(sessions | set(found), projects | set(found.values()))
    return lists.flush(None, is_all=True)
