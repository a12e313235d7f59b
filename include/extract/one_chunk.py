"""Extract one chunk: fetch its documents, convert them, write files, commit."""

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from pymongo.collection import Collection

from cca.extract import fetch
from cca.extract.chunks import Chunk, coverage_after
from cca.extract.convert import convert
from cca.extract.limits import limits_rows
from cca.extract.writer import LakeWriter
from cca.lake.lake import holding
from cca.lake.manifest import LakeFile
from cca.lake.store import Commit
from cca.lake.time_range import TimeRange
from cca.mongo import archive
from cca.mongo.archive import Document
from cca.settings import Settings

log = logging.getLogger(__name__)

_PROGRESS_EVERY = 500
_LIMITS_ROW_BYTES = 400

Progress = Callable[[int, int], None]  # (documents done, documents in all)


@dataclass(frozen=True)
class ExtractReport:
    """Counts of a run. `high_water_mark` is where it moved the lake's, None after a backfill.

    `reason` says why it took everything though nobody asked for it.
    """

    documents: int
    blocks: int
    rejects: int
    files: int
    replaced_files: int
    high_water_mark: datetime | None
    reason: str = ""

    @property
    def is_changed(self) -> bool:
        """Tells whether the lake changed; False where it equalled the archive already."""
        return bool(self.files or self.replaced_files)


def extract_chunk(
    settings: Settings,
    uri: str,
    chunk: Chunk,
    *,
    on_progress: Progress | None = None,
) -> ExtractReport:
    """Make the lake equal to MongoDB in the chunk; repeatable, in any order, after any crash.

    Raises:
        ServiceDown: MongoDB does not answer.

    """
    # A run that moves the mark is alone: no backfill that read earlier may remove its rows.
    lake_held = holding(settings, is_shared=not chunk.moves_mark)
    with archive.connect(uri) as client, lake_held as lake:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        writer = LakeWriter(lake, dates_in_order=chunk.scope.is_wide)
        counts = _convert_all(collection, chunk.scope, writer, on_progress)
        written = writer.close()

        def build(live: Sequence[LakeFile]) -> Commit:
            stale = [file for file in live if chunk.scope.overlaps(file)]
            return Commit(tuple(stale), (*lake.without(stale, chunk.scope), *written))

        coverage = coverage_after(chunk, lake.read()) if chunk.moves_mark else None
        commit = lake.commit(build, coverage)
    mark = coverage.high_water_mark if coverage else None
    report = ExtractReport(*counts, len(written), len(commit.removed), mark, chunk.reason)
    log.info(
        "extracted %d entries, %d blocks, %d rejects into %d files",
        *counts,
        report.files,
    )
    return report


def _convert_all(
    collection: Collection[Document],
    scope: TimeRange,
    writer: LakeWriter,
    on_progress: Progress | None,
) -> tuple[int, int, int]:
    total = fetch.count(collection, scope) if on_progress else 0
    entries = blocks = rejects = 0
    with _no_collections():
        for done, (document, bson) in enumerate(fetch.documents(collection, scope), 1):
            rows = convert(document, bson)
            # Texts stand in an entry's row and in those of its blocks.
            writer.add(rows, len(bson) * 3 // 2)
            entries += rows.conversation is not None
            rejects += rows.reject is not None
            blocks += len(rows.blocks)
            if on_progress and done % _PROGRESS_EVERY == 0:
                on_progress(done, max(total, done))
        rejects += _convert_limits(archive.limits_beside(collection), scope, writer)
    if on_progress:
        on_progress(entries + rejects, entries + rejects)
    return entries, blocks, rejects


def _convert_limits(collection: Collection[Document], scope: TimeRange, writer: LakeWriter) -> int:
    """Write what status lines recorded in the range; return the number of rejects."""
    rejects = 0
    for document, _ in fetch.documents(collection, scope):
        rows = limits_rows(document)
        writer.add(rows, _LIMITS_ROW_BYTES)
        rejects += rows.reject is not None
    return rejects


@contextmanager
def _no_collections() -> Iterator[None]:
    """Switch garbage collection off: rows have no cycles, and it would walk over all of them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
