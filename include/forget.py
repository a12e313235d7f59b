"""Deletion on request, everywhere it went: archive, buffer, search, lists, lakes, warehouse, gold.

First a request is written into the archive: from then on no agent stores what it covers. Each
step can be repeated; the request is done when all are, and `forget` again finishes one that is not.
"""

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo.collection import Collection
from pymongo.database import Database

from cca.errors import SettingError
from cca.extract.fetch import server_time
from cca.lake import remove
from cca.lake.remove import Scope
from cca.mongo import archive
from cca.mongo.archive import Document
from cca.pipeline import rebuild_warehouse
from cca.publish.gold import prune
from cca.settings import Settings
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.forgotten import IDS, REQUESTS, Rule, covered_rows, purge, rules

_BATCH = 2000

OnStep = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """What a scope covers now, by store."""

    documents: int
    sessions: int
    long_lines: int
    buffered: int
    dead_letters: int
    lake_rows: int
    is_unfinished: bool

    @property
    def is_nothing(self) -> bool:
        counts = (self.documents, self.buffered, self.dead_letters, self.lake_rows)
        return not any(counts) and not self.is_unfinished


@dataclass(frozen=True)
class Forgotten:
    """What was deleted; `gold` is the file published without it, if there is a warehouse."""

    documents: int
    lines: int
    blocks: int
    sessions: int
    lake_rows: int
    gold: str | None


def look(settings: Settings, uri: str, scope: Scope) -> Found:
    """Count, and change nothing."""
    _require_given(scope)
    with archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        now = datetime.now(UTC)
        lines, letters = _buffered(settings, _rule(scope, now))
        return Found(
            documents=collection.count_documents(scope.fields()),
            sessions=len(collection.distinct("sessionKey", scope.fields())),
            long_lines=collection.count_documents(scope.fields() | {"rawFile": {"$exists": True}}),
            buffered=lines,
            dead_letters=letters,
            lake_rows=sum(remove.count(settings, name, scope) for name in remove.formats(settings)),
            is_unfinished=_unfinished(collection.database, scope) is not None,
        )


def forget(
    settings: Settings, uri: str, scope: Scope, *, on_step: OnStep = lambda _: None
) -> Forgotten:
    """Delete all there is of the scope; what happens later is new, and taken in again."""
    from cca.follow import forget as following  # noqa: PLC0415  (tantivy)
    from cca.search.removal import Chosen  # noqa: PLC0415  (as the other)

    _require_given(scope)
    with archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        request = _request(collection, scope)
        on_step("archive")
        documents = _delete(collection, scope)
        # a note may repeat what was said
        collection.database[archive.ANNOTATIONS].delete_many(scope.fields())
        on_step("buffer")
        lines = _clear_buffer(settings, collection.database)
        on_step("search and lists")
        chosen = Chosen(scope.host, scope.project, scope.session)
        followed = following.forget(settings, uri, chosen)
        on_step("lake")
        lake_rows = sum(remove.remove(settings, name, scope) for name in remove.formats(settings))
        on_step("warehouse")
        gold = _warehouse_anew(settings)
        # an agent may have been sending when the request was written
        if late := _delete(collection, scope):
            on_step(f"{late} documents came meanwhile: once more")
            return forget(settings, uri, scope, on_step=on_step)
        collection.database[REQUESTS].update_one({"_id": request}, {"$set": {"isDone": True}})
    return Forgotten(documents, lines, followed.blocks, followed.sessions, lake_rows, gold)


def _require_given(scope: Scope) -> None:
    if not scope.fields():
        raise SettingError("name what to forget: --host, --project or --session")


def _request(collection: Collection[Document], scope: Scope) -> str:
    """The id of the request, new or unfinished; it covers what happened up to now."""
    database = collection.database
    now = server_time(collection)
    unfinished = _unfinished(database, scope)
    if unfinished is not None:
        database[REQUESTS].update_one({"_id": unfinished}, {"$set": {"at": now}})
        return unfinished
    request = uuid.uuid4().hex
    database[REQUESTS].insert_one({"_id": request, **_given(scope), "at": now, "isDone": False})
    return request


def _unfinished(database: Database[Document], scope: Scope) -> str | None:
    found = database[REQUESTS].find_one({**_given(scope), "isDone": False}, {"_id": 1})
    return str(found["_id"]) if found else None


def _given(scope: Scope) -> dict[str, str]:
    return {"host": scope.host, "project": scope.project, "session": scope.session}


def _rule(scope: Scope, until: datetime) -> Rule:
    return Rule(**_given(scope), until_ms=round(until.timestamp() * 1000))


def _delete(collection: Collection[Document], scope: Scope) -> int:
    """Ids are remembered first, lines in GridFS go next, documents last: a crash repeats."""
    database = collection.database
    deleted = 0
    while documents := list(collection.find(scope.fields(), {"rawFile": 1}).limit(_BATCH)):
        ids = [document["_id"] for document in documents]
        remembered = [{"_id": one} for one in ids]
        known = {row["_id"] for row in database[IDS].find({"_id": {"$in": ids}})}
        if fresh := [row for row in remembered if row["_id"] not in known]:
            database[IDS].insert_many(fresh)
        lines = [document["rawFile"] for document in documents if "rawFile" in document]
        if lines:
            database["fs.chunks"].delete_many({"files_id": {"$in": lines}})
            database["fs.files"].delete_many({"_id": {"$in": lines}})
        deleted += collection.delete_many({"_id": {"$in": ids}}).deleted_count
    return deleted


def _buffered(settings: Settings, rule: Rule) -> tuple[int, int]:
    if not settings.buffer_path.exists():
        return 0, 0
    with Buffer(settings.buffer_path) as buffer:
        return covered_rows(buffer, rule, settings.cca_host)


def _clear_buffer(settings: Settings, database: Database[Document]) -> int:
    if not settings.buffer_path.exists():
        return 0
    with Buffer(settings.buffer_path) as buffer:
        return purge(buffer, rules(database), settings.cca_host)


def _warehouse_anew(settings: Settings) -> str | None:
    """A new file: rows that were deleted stay readable in an old one until they are overwritten."""
    shutil.rmtree(settings.cca_home / "time-travel", ignore_errors=True)
    for left_over in settings.gold_dir.glob("*.building*"):
        left_over.unlink()
    if not settings.warehouse_path.exists() and not settings.gold_path.exists():
        return None
    gold = rebuild_warehouse(settings)
    prune(settings, keep=1)
    return str(gold)
