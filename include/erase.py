"""Erasure on request, everywhere it went: archive, buffer, search, lists, lakes, warehouse, gold.

First a request is written into the archive: from then on no agent stores what it covers. Each step
can be repeated. The request is done once every store that is known has done its part, wherever it
lies: followers obey by themselves, a lake obeys where this runs beside it.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo.collection import Collection
from pymongo.database import Database

from cca.erase_answers import OnStep, finish, wait_for_followers
from cca.errors import SettingError
from cca.lake import erase as lake
from cca.mongo import archive, erasures
from cca.mongo.archive import Document
from cca.mongo.erasures import ErasureRequest
from cca.pipeline import rebuild_warehouse
from cca.publish import ducklake
from cca.publish.gold import prune
from cca.selection import Selection
from cca.settings import Settings
from cca.statusline.erase import clear_spool
from cca.sync_agent import erasure as buffers
from cca.sync_agent.buffer import Buffer

_BATCH = 2000
# How long a running follower elsewhere may take before the command goes on without its answer.
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Found:
    """What a selection covers now, by store; None for a store that is not visible from here."""

    documents: int
    sessions: int
    long_lines: int
    buffered: int | None
    dead_letters: int | None
    blocks: int | None
    lake_rows: int | None
    is_unfinished: bool
    elsewhere: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Return whether no visible store holds any of it."""
        counts = (self.documents, self.buffered, self.dead_letters, self.blocks, self.lake_rows)
        return not any(counts) and not self.is_unfinished


@dataclass(frozen=True)
class Erased:
    """What was erased, by store; None for a store that is not visible from here.

    `gold` is the file published without it. `elsewhere` has a sentence for each store that is not
    visible from here, `waiting` one for each that has not answered: until then the request is open.
    """

    documents: int
    lines: int | None
    blocks: int | None
    sessions: int
    lake_rows: int | None
    gold: str | None
    is_done: bool
    waiting: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


def look(settings: Settings, uri: str, *selections: Selection) -> Found:
    """Count what the selections cover, each apart, and change nothing.

    Raises:
        SettingError: nothing is selected.
        ServiceDown: MongoDB does not answer.

    """
    _require_given(selections)
    with archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        found = [_look(settings, collection, selection) for selection in selections]
        return Found(
            documents=sum(one.documents for one in found),
            sessions=sum(one.sessions for one in found),
            long_lines=sum(one.long_lines for one in found),
            buffered=_summed(one.buffered for one in found),
            dead_letters=_summed(one.dead_letters for one in found),
            blocks=_summed(one.blocks for one in found),
            lake_rows=_summed(one.lake_rows for one in found),
            is_unfinished=any(one.is_unfinished for one in found),
            elsewhere=_elsewhere(settings, collection.database),
        )


def _look(settings: Settings, collection: Collection[Document], selection: Selection) -> Found:
    from cca.follow.erase import count_blocks  # noqa: PLC0415  (tantivy)

    fields = selection.fields()
    lines, letters = _buffered(settings, selection)
    return Found(
        documents=collection.count_documents(fields),
        sessions=len(collection.distinct("sessionKey", fields)),
        long_lines=collection.count_documents(fields | {"rawFile": {"$exists": True}}),
        buffered=lines,
        dead_letters=letters,
        blocks=count_blocks(settings, selection),
        lake_rows=_lake_rows(settings, selection),
        is_unfinished=erasures.unfinished(collection.database, selection) is not None,
    )


def _summed(counts: Iterable[int | None]) -> int | None:
    """The sum of what is visible; None where nothing is."""
    seen = [count for count in counts if count is not None]
    return sum(seen) if seen else None


def erase(
    settings: Settings,
    uri: str,
    *selections: Selection,
    on_step: OnStep = lambda _: None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Erased:
    """Erase all that any selection covers; what happens later is new, and stays.

    Raises:
        SettingError: nothing is selected.
        ServiceDown: MongoDB does not answer.

    """
    from cca.follow.erase import count_blocks  # noqa: PLC0415  (tantivy)

    _require_given(selections)
    with archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        database = collection.database
        blocks = _summed(count_blocks(settings, each) for each in selections)
        asked = [erasures.open_request(database, each) for each in selections]
        on_step("archive")
        documents = sum(_delete(collection, request) for request in asked)
        # A note may repeat what was said.
        for request in asked:
            database[archive.ANNOTATIONS].delete_many(request.selection.fields())
            _delete_limits(collection, request)
            clear_spool(settings.cca_home, request.selection, settings.cca_host)
        on_step("buffer")
        lines = _clear_buffer(settings, database)
        asked = [erasures.note_archive_erased(database, request) for request in asked]
        sessions, lake_rows, gold = _erase_derived(settings, collection, asked, on_step)
        wait_for_followers(database, asked, on_step, patience_seconds)
        # An agent may have been sending when the requests were written.
        while late := sum(_delete_late(collection, one) for one in asked):
            on_step(f"{late} documents came meanwhile: once more")
            documents += late
            asked = [erasures.ask_again(database, request) for request in asked]
            more, more_rows, gold = _erase_derived(settings, collection, asked, on_step)
            sessions += more
            lake_rows = _summed([lake_rows, more_rows])
            wait_for_followers(database, asked, on_step, patience_seconds)
        waiting, elsewhere = finish(database, asked), _elsewhere(settings, database)
    return Erased(
        documents, lines, blocks, sessions, lake_rows, gold, not waiting, waiting, elsewhere
    )


def _erase_derived(
    settings: Settings,
    collection: Collection[Document],
    asked: Sequence[ErasureRequest],
    on_step: OnStep,
) -> tuple[int, int | None, str | None]:
    """(sessions, rows of the lake, the new gold file) of what is built from the archive here."""
    from cca.follow import erase as following  # noqa: PLC0415  (tantivy)

    on_step("search and lists")
    following.obey_here(settings, collection)
    sessions = sum(following.renew_lists(collection, request) for request in asked)
    on_step("lake and warehouse")
    return sessions, *_erase_lake(settings, collection.database, asked)


def _require_given(selections: Sequence[Selection]) -> None:
    if not selections or any(each.is_empty for each in selections):
        raise SettingError("name what to erase: --host, --project or --session")


def _delete(collection: Collection[Document], request: ErasureRequest) -> int:
    """Remember ids first, delete lines in GridFS next, documents last: a crash repeats."""
    database, fields = collection.database, request.covered.documents()
    wanted = dict.fromkeys(("rawFile", "sessionKey", "projectId"), 1)
    deleted = 0
    while documents := list(collection.find(fields, wanted).limit(_BATCH)):
        ids = [document["_id"] for document in documents]
        erasures.remember_ids(database, ids)
        erasures.note_touched(database, request, documents)
        lines = [document["rawFile"] for document in documents if "rawFile" in document]
        if lines:
            database["fs.chunks"].delete_many({"files_id": {"$in": lines}})
            database["fs.files"].delete_many({"_id": {"$in": lines}})
        deleted += collection.delete_many({"_id": {"$in": ids}}).deleted_count
    return deleted


def _delete_limits(collection: Collection[Document], request: ErasureRequest) -> int:
    """Delete what status lines recorded, its ids remembered first; return how many."""
    limits, fields = archive.limits_beside(collection), request.covered.documents()
    deleted = 0
    while documents := list(limits.find(fields, {"_id": 1}).limit(_BATCH)):
        ids = [document["_id"] for document in documents]
        erasures.remember_ids(collection.database, ids)
        deleted += limits.delete_many({"_id": {"$in": ids}}).deleted_count
    return deleted


def _delete_late(collection: Collection[Document], request: ErasureRequest) -> int:
    """Delete what an agent was sending when the request was written; return how much."""
    return _delete(collection, request) + _delete_limits(collection, request)


def _buffered(settings: Settings, selection: Selection) -> tuple[int | None, int | None]:
    if not settings.buffer_path.exists():
        return None, None
    now = ErasureRequest("", selection, datetime.now(UTC), is_done=False, is_archive_erased=False)
    with Buffer(settings.buffer_path) as buffer:
        return buffers.count_covered(buffer, now, settings.cca_host)


def _clear_buffer(settings: Settings, database: Database[Document]) -> int | None:
    if not settings.buffer_path.exists():
        return None
    with Buffer(settings.buffer_path) as buffer:
        return buffers.erase(buffer, database, settings.cca_host)


def _has_lake(settings: Settings) -> bool:
    return bool(lake.formats(settings)) or settings.warehouse_path.exists()


def _lake_rows(settings: Settings, selection: Selection) -> int | None:
    if not _has_lake(settings):
        return None
    return sum(lake.count(settings, name, selection) for name in lake.formats(settings))


def _erase_lake(
    settings: Settings, database: Database[Document], asked: Sequence[ErasureRequest]
) -> tuple[int | None, str | None]:
    """(rows, the new gold file) of the lakes of this CCA_HOME; recorded once both are done."""
    if not _has_lake(settings):
        return None, None
    place = (settings.cca_host, settings.lake_dir)
    erasures.register(database, "lake", *place)
    names = lake.formats(settings)
    rows = sum(lake.erase(settings, name, one.covered) for one in asked for name in names)
    gold = _new_warehouse(settings)
    erasures.note_erased(database, "lake", *place, [request.key for request in asked])
    return rows, gold


def _new_warehouse(settings: Settings) -> str | None:
    """Build a new file: deleted rows stay readable in an old one until they are overwritten."""
    shutil.rmtree(settings.cca_home / "time-travel", ignore_errors=True)
    for left_over in settings.gold_dir.glob("*.building*"):
        left_over.unlink()
    if not settings.warehouse_path.exists() and not settings.gold_path.exists():
        return None
    gold = rebuild_warehouse(settings)
    prune(settings, keep=1)
    ducklake.forget_past(settings)
    return str(gold)


def _elsewhere(settings: Settings, database: Database[Document]) -> tuple[str, ...]:
    """Name the stores that are not visible from this CCA_HOME."""
    known = erasures.stores(database)
    sentences = []
    if not settings.buffer_path.exists():
        sentences.append(
            "no buffer in this CCA_HOME: each agent clears its own when it next reaches MongoDB"
        )
    here = (settings.cca_host, str(settings.search_dir))
    indexes = [one for one in known if one.kind == "search" and (one.host, one.path) != here]
    sentences += [
        f"the search index is kept by `cca follow` on {one.host} ({one.path})" for one in indexes
    ]
    if not settings.search_dir.joinpath("current").is_symlink() and not indexes:
        sentences.append("no search index in this CCA_HOME")
    if not _has_lake(settings):
        lakes = [f"{one.host} ({one.path})" for one in known if one.kind == "lake"]
        where = f"; the lake is on {', '.join(lakes)}" if lakes else ""
        sentences.append(f"no lake in this CCA_HOME{where}")
    return tuple(sentences)
