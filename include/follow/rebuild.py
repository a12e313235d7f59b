"""Derived stores from nothing: a new index beside the one in use, all rows of the lists."""

import threading

from pymongo.collection import Collection

from cca.follow.feed import Feed
from cca.follow.lists import Lists
from cca.follow.lock import follower_lock
from cca.follow.request import requests
from cca.memory import PASS_ALLOCATIONS, few_collections
from cca.mongo import archive, erasures
from cca.mongo.archive import Document
from cca.search import home as homes
from cca.search.home import Home
from cca.search.index import Writer
from cca.settings import Settings

_READ_DOCUMENTS = 1000
# Memory of the keys not yet committed bounds a commit.
_COMMIT_BLOCKS = 50_000


def rebuild_search(settings: Settings, uri: str) -> int:
    """A new index in place of the old; the number of its blocks. Not while a follower runs."""
    with follower_lock(settings.search_dir), archive.connect(uri) as client:
        archive.require(client, uri)
        return build_anew(settings, archive.conversations(client, settings), threading.Event())


def rebuild_lists(settings: Settings, uri: str) -> int:
    """Every row of `sessions` and `activity` anew; a running follower is not disturbed."""
    with archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        Lists(collection, source_of(collection) or "").start_over()
        return update_lists(collection)


def update_lists(collection: Collection[Document]) -> int:
    """Bring the lists to where MongoDB is, without an index; how many sessions changed."""
    source = source_of(collection)
    if source is None:
        return 0
    lists, began = Lists(collection, source), archive.server_time(collection.database)
    with few_collections(PASS_ALLOCATIONS):
        lists.catch_up()
        made = lists.flush(None, is_all=True)
        # A follower counted what came meanwhile, and rows of before may have come after its own.
        lists.touch_arrived(began)
        return made + lists.flush(None, is_all=True)


def answer_requests(
    settings: Settings, collection: Collection[Document], stop: threading.Event
) -> None:
    """Rebuild the index where that was asked for; cut short, it is done at the next start."""
    asked = requests(settings.search_dir)
    if not asked:
        return
    build_anew(settings, collection, stop)
    if not stop.is_set():
        for request in asked:
            request.unlink(missing_ok=True)


def new_index(settings: Settings, collection: Collection[Document]) -> Home:
    """Make an empty index that knows what was erased before it reads the first document."""
    home = homes.create(settings.search_dir, source_of(collection) or "")
    known = erasures.erased_in_archive(collection.database)
    home.write_erased(request.key for request in known)
    return home


def build_anew(settings: Settings, collection: Collection[Document], stop: threading.Event) -> int:
    """Build beside the index in use and change over once all is in; the number of blocks."""
    home = new_index(settings, collection)
    blocks = 0
    with Writer(home) as writer, few_collections(PASS_ALLOCATIONS):
        feed = Feed(collection, None, writer.holds)
        while not stop.is_set():
            documents = feed.read(_READ_DOCUMENTS)
            blocks += writer.add(documents, live=False)
            if not documents or writer.uncommitted_blocks >= _COMMIT_BLOCKS:
                writer.commit(feed.position)
            if not documents:
                writer.settle()
                break
    if not stop.is_set():
        homes.put_in_use(settings.search_dir, home)
    return blocks


def source_of(collection: Collection[Document]) -> str | None:
    """Names the collection for good: another one has another id, also one of the same name."""
    found = collection.database.list_collections(filter={"name": collection.name})
    entry = next(iter(found), None)
    return None if entry is None else str(entry["info"]["uuid"].hex())
