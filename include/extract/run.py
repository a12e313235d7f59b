"""One extraction: fetch the window, convert, write files, commit the manifest."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pymongo.collection import Collection

from include import archive
from include.archive import Document
from include.extract import fetch, manifest
from include.extract.convert import convert
from include.extract.fetch import Range
from include.extract.manifest import LakeFile, Manifest
from include.extract.parquet import LakeWriter, without
from include.extract.window import Window
from include.settings import Settings

log = logging.getLogger(__name__)

# commits that took longer than this to become visible are found by the next full backfill only
LATE_COMMITS = timedelta(minutes=10)
_PROGRESS_EVERY = 500

Progress = Callable[[int, int], None]  # (documents done, documents in all)


@dataclass(frozen=True)
class ExtractReport:
    """Counts of one run; `is_changed` is False when the lake was equal already."""

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
    storage_format = manifest.supported(storage_format or settings.storage_format)
    with archive.connect(uri) as client, manifest.locked(settings, storage_format):
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        before = manifest.read(settings, storage_format)
        owned, mark = _owned(settings, collection, before, window)
        writer = LakeWriter(settings.lake_dir)
        counts = _convert_all(collection, owned, writer, on_progress)
        stale = [file for file in before.files if _overlaps(file, owned)]
        kept = without(settings.lake_dir, stale, _ownership(owned))
        untouched = set(before.files).difference(stale)
        live = (*sorted(untouched, key=lambda file: file.path), *kept, *writer.close())
        manifest.write(settings, storage_format, replace(before, files=live, extracted=mark))
        for file in stale:
            (settings.lake_dir / file.path).unlink(missing_ok=True)
    report = ExtractReport(*counts, len(writer.files), len(stale), mark)
    log.info(
        "extracted %d entries, %d blocks, %d rejects into %d files",
        *counts,
        report.files,
    )
    return report


def _owned(
    settings: Settings, collection: Collection[Document], before: Manifest, window: Window
) -> tuple[Range, datetime | None]:
    """The range this run owns, and the mark the lake has afterwards."""
    if window.kind == "backfill":
        return Range("eventAt", window.start, window.end), before.extracted
    through = fetch.settled_now(collection)
    if window.kind == "full" or before.extracted is None:
        return Range("ingestedAt", None, through), through
    late = _earliest_late(settings, collection, before)
    return Range("ingestedAt", late or before.extracted, through), through


def _earliest_late(
    settings: Settings, collection: Collection[Document], before: Manifest
) -> datetime | None:
    """Where to begin when documents stamped before the mark became visible after it."""
    assert before.extracted is not None  # noqa: S101  (the caller checked)
    since = before.extracted - LATE_COMMITS
    arrived = list(fetch.arrivals(collection, since, before.extracted))
    if not arrived:
        return None
    known = _ids_since(settings, before, since)
    late = [ingested_at for _id, ingested_at in arrived if _id not in known]
    return min(late) - timedelta(milliseconds=1) if late else None


def _ids_since(settings: Settings, before: Manifest, since: datetime) -> set[str]:
    known: set[str] = set()
    for file in before.files:
        if file.dataset != "content_blocks" and file.ingested_max > since.isoformat():
            column = pq.read_table(settings.lake_dir / file.path, columns=["_id"])["_id"]
            known.update(column.to_pylist())
    return known


def _convert_all(
    collection: Collection[Document],
    owned: Range,
    writer: LakeWriter,
    on_progress: Progress | None,
) -> tuple[int, int, int]:
    total = fetch.count(collection, owned) if on_progress else 0
    entries = blocks = rejects = 0
    for done, document in enumerate(fetch.documents(collection, owned), 1):
        rows = convert(document)
        if rows.reject is not None:
            writer.add("rejects", rows.reject, len(rows.reject["document_json"]))
            rejects += 1
        elif rows.conversation is not None:
            writer.add("conversations", rows.conversation, len(rows.conversation["entry_json"]))
            for block in rows.blocks:
                writer.add("content_blocks", block, len(block.get("text") or ""))
            entries += 1
            blocks += len(rows.blocks)
        if on_progress and done % _PROGRESS_EVERY == 0:
            on_progress(done, max(total, done))
    if on_progress:
        on_progress(entries + rejects, entries + rejects)
    return entries, blocks, rejects


def _overlaps(file: LakeFile, owned: Range) -> bool:
    first, last = (
        (file.event_min, file.event_max)
        if owned.is_of_events
        else (file.ingested_min, file.ingested_max)
    )
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    if owned.is_of_events:
        return (owned.start is None or end >= owned.start) and (
            owned.end is None or start < owned.end
        )
    return (owned.start is None or end > owned.start) and (owned.end is None or start <= owned.end)


def _ownership(owned: Range) -> Callable[[pa.Table], Any]:
    """A mask of the rows that the range owns."""
    column = "event_at" if owned.is_of_events else "ingested_at"

    def is_owned(table: pa.Table) -> Any:
        values = table[column]
        mask = pc.is_valid(values)
        kind = values.type
        if owned.start is not None:
            above = pc.greater_equal if owned.is_of_events else pc.greater
            mask = pc.and_(mask, above(values, pa.scalar(owned.start, kind)))
        if owned.end is not None:
            below = pc.less if owned.is_of_events else pc.less_equal
            mask = pc.and_(mask, below(values, pa.scalar(owned.end, kind)))
        return mask

    return is_owned
