"""Save what cannot be built again into a folder; a second backup saves only what is new.

First the buffer, then the archive: a line that is delivered in between is in both, and none is in
neither.
"""

import gzip
import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.database import Database

from cca.backup import contents
from cca.backup.contents import BackupFile, Contents
from cca.budgets.stored import path_of
from cca.errors import SettingError
from cca.extract.fetch import latest_visible
from cca.lake.arrivals import LATE_COMMITS
from cca.mongo import archive, erasures
from cca.mongo.archive import Document
from cca.settings import Settings

# The follower builds them again.
DERIVED = frozenset({archive.SESSIONS, archive.ACTIVITY, archive.FOLLOWER})
BUFFER, SETTINGS = "buffer", "settings"
# Of each document one time is read: another that Python cannot hold, or broken text, is no error.
_RAW: CodecOptions[Any] = CodecOptions(
    document_class=RawBSONDocument,
    tz_aware=True,
    tzinfo=UTC,
    unicode_decode_error_handler="replace",
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)
_SECRET_WORDS = ("password", "secret", "token", "key", "uri")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Saved:
    """Entries that are new in the backup, all documents that it holds now, and what it is."""

    documents: int
    held: int
    is_incremental: bool
    files: int
    size_bytes: int
    is_buffer_saved: bool


def save(
    settings: Settings, uri: str, folder: Path, *, on_progress: Progress | None = None
) -> Saved:
    """A backup in the folder, or the difference to the one that is there; all or nothing."""
    before = contents.read(folder)
    if before is None and not contents.may_hold_a_backup(folder):
        raise SettingError(f"{folder} is not empty and holds no backup; name another folder")
    now = datetime.now(UTC)
    stamp = now.strftime("%Y%m%dT%H%M%S%f")
    with archive.connect(uri) as client:
        archive.require(client, uri)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "mongodb").mkdir(mode=0o700, exist_ok=True)
        database = archive.database(client, settings)
        collection = archive.conversations(client, settings)
        erased = _erased(database)
        if before is not None and before.erasures != erased:
            # What was asked to be deleted shall not stand in older parts.
            before = None
        files = [*_buffer(settings, folder, stamp), _settings(settings, folder, stamp)]
        through = latest_visible(collection)
        kept = before.of(collection.name) if before else []
        query = {"ingestedAt": {"$gt": before.through - LATE_COMMITS}} if before else {}
        part, repeatable = _dump(
            collection, folder, stamp, query, on_progress, through - LATE_COMMITS
        )
        files += [*kept, *([part] if part.documents or not kept else [])]
        for name in sorted(database.list_collection_names()):
            if name not in DERIVED | {collection.name} and not name.startswith("system."):
                files.append(_dump(database[name], folder, stamp, {}, None, through)[0])
    contents.verify(folder, [file for file in files if file in kept])
    repeats = dict(before.repeats) if before else {}
    if before and part.documents:
        repeats[part.path] = min(before.repeatable, part.documents)
    saved = Contents(now, through, settings.cca_host, tuple(files), erased, repeatable, repeats)
    contents.write(folder, saved)
    return Saved(
        documents=part.documents - repeats.get(part.path, 0),
        held=saved.documents,
        is_incremental=before is not None,
        files=len(files),
        size_bytes=sum(file.size_bytes for file in files),
        is_buffer_saved=any(file.store == BUFFER for file in files),
    )


def _erased(database: Database[Document]) -> str:
    """Return what changes with each step of an erasure, also while one is going on."""
    steps = sorted(map(str, erasures.progress(database)))
    return hashlib.sha256("\n".join(steps).encode()).hexdigest() if steps else ""


def _dump(  # noqa: PLR0913  (what to write, where, and what to count of it)
    collection: Collection[Document],
    folder: Path,
    stamp: str,
    query: Document,
    on_progress: Progress | None,
    late_since: datetime,
) -> tuple[BackupFile, int]:
    """Documents as BSON behind each other, compressed: what mongodump writes.

    Also gives how many of them arrived after a time: the next part holds these again.
    """
    path = folder / "mongodb" / f"{collection.name}.{stamp}.bson.gz"
    total = collection.count_documents(query) if on_progress else 0
    done = late = 0
    with gzip.open(path, "wb", compresslevel=3) as file:
        raw = collection.with_options(codec_options=_RAW)
        for document in raw.find(query, batch_size=2000):
            file.write(document.raw)
            done += 1
            came = document.get("ingestedAt")
            late += isinstance(came, datetime) and came > late_since
            if on_progress and done % 500 == 0:
                on_progress(done, max(total, done))
    return contents.described(folder, path, collection.name, done), late


def _buffer(settings: Settings, folder: Path, stamp: str) -> list[BackupFile]:
    if not settings.buffer_path.exists():
        return []
    path = folder / f"buffer.{stamp}.db"
    with (
        closing(sqlite3.connect(f"{settings.buffer_path.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    return [contents.described(folder, path, BUFFER)]


def _settings(settings: Settings, folder: Path, stamp: str) -> BackupFile:
    """What differs from the defaults, and the budgets, to read.

    A restore takes the settings of its own machine.
    """
    given = {
        name.upper(): str(getattr(settings, name))
        for name in sorted(settings.model_fields_set)
        if not any(word in name for word in _SECRET_WORDS)
    }
    if (budgets := path_of(settings)).exists():
        given["BUDGETS"] = budgets.read_text(encoding="utf-8")
    path = folder / f"settings.{stamp}.json"
    path.write_text(json.dumps(given, indent=1) + "\n")
    return contents.described(folder, path, SETTINGS)
