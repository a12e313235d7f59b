"""One extraction: fetch the window, convert, write files, commit."""

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from pymongo.collection import Collection

from cca.extract import fetch
from cca.extract.convert import convert
from cca.extract.window import Window
from cca.extract.writer import LakeWriter
from cca.lake import arrivals
from cca.lake.manifest import LakeFile
from cca.lake.store import Change, Lake, holding
from cca.lake.time_range import Range
from cca.mongo import archive
from cca.mongo.archive import Document
from cca.records import CONVERSATIONS
from cca.settings import Settings

log = logging.getLogger(__name__)

_PROGRESS_EVERY = 500
_ENTRY_JSON = CONVERSATIONS.get_field_index("entry_json")

Progress = Callable[[int, int], None]  # (documents done, documents in all)


@dataclass(frozen=True)
class ExtractReport:
    """Counts of one run; `mark` is where it moved the lake's, None after a backfill.

    `is_changed` is False when the lake was equal already.
    """

    documents: int
    blocks: int
    rejects: int
    files: int
    replaced_files: int
    mark: datetime | None

    @property
    def is_changed(self) -> bool:
        return bool(self.files or self.replaced_files)


def extract(
    settings: Settings,
    uri: str,
    window: Window,
    *,
    storage_format: str | None = None,
    on_progress: Progress | None = None,
) -> ExtractReport:
    """Make the lake equal to MongoDB in the window; repeatable, in any order, after any crash."""
    # an incremental run moves the mark: no backfill that read earlier may take its rows out again
    is_shared = window.kind == "backfill"
    lake_held = holding(settings, storage_format, is_shared=is_shared)
    with archive.connect(uri) as client, lake_held as lake:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        owned, mark = _owned(collection, lake, window)
        writer = LakeWriter(lake, dates_in_order=owned.is_wide)
        counts = _convert_all(collection, owned, writer, on_progress)
        written = writer.close()

        def plan(live: Sequence[LakeFile]) -> Change:
            stale = [file for file in live if owned.overlaps(file)]
            return Change(tuple(stale), (*lake.without(stale, owned), *written))

        change = lake.commit(plan, mark)
    report = ExtractReport(*counts, len(written), len(change.removed), mark)
    log.info(
        "extracted %d entries, %d blocks, %d rejects into %d files",
        *counts,
        report.files,
    )
    return report


def _owned(
    collection: Collection[Document], lake: Lake, window: Window
) -> tuple[Range, datetime | None]:
    """The range this run owns, and the mark it moves the lake's to, if any."""
    if window.kind == "backfill":
        return Range("eventAt", window.start, window.end), None
    before = lake.read()
    through = fetch.settled_now(collection)
    if window.kind == "full" or before.extracted is None:
        return Range("ingestedAt", None, through), through
    held = lake.recent.held(
        before.files, before.extracted, lambda file: lake.table(file, ["ingested_at"])
    )
    late = arrivals.earliest_difference(
        held, before.extracted, lambda after, to: fetch.arrived(collection, after, to)
    )
    return Range("ingestedAt", late or before.extracted, through), through


def _convert_all(
    collection: Collection[Document],
    owned: Range,
    writer: LakeWriter,
    on_progress: Progress | None,
) -> tuple[int, int, int]:
    total = fetch.count(collection, owned) if on_progress else 0
    entries = blocks = rejects = 0
    with _no_collections():
        for done, document in enumerate(fetch.documents(collection, owned), 1):
            rows = convert(document)
            if rows.conversation is not None:
                size = len(rows.conversation[_ENTRY_JSON])
                writer.add("conversations", rows.day, [rows.conversation], size)
                if rows.blocks:
                    writer.add("content_blocks", rows.day, rows.blocks, size // 2)
                    blocks += len(rows.blocks)
                entries += 1
            elif rows.reject is not None:
                writer.add("rejects", rows.day, [rows.reject], len(rows.reject[-1]))
                rejects += 1
            if on_progress and done % _PROGRESS_EVERY == 0:
                on_progress(done, max(total, done))
    if on_progress:
        on_progress(entries + rejects, entries + rejects)
    return entries, blocks, rejects


@contextmanager
def _no_collections() -> Iterator[None]:
    """Rows have no cycles, and each collection would walk over all that are held."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
