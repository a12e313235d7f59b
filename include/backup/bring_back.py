"""Bring a backup back: verified first, documents byte for byte, derived stores left to be made."""

import gzip
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from cca.backup import contents
from cca.backup.contents import Contents
from cca.backup.save import BUFFER, DERIVED, SETTINGS
from cca.errors import BackupError, SettingError
from cca.extract.rebuild import drop_lake
from cca.follow.request import ask
from cca.gold import state
from cca.lake.erase import formats
from cca.mongo import archive
from cca.mongo.archive import Document
from cca.settings import Settings
from cca.sync_agent.deliver import ensure_indexes

_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
_BATCH = 1000
_DUPLICATE_KEY = 11000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Restored:
    """Documents of the backup, and how many of them were not there yet."""

    documents: int
    stored: int
    is_buffer_restored: bool


def restore(
    settings: Settings,
    uri: str,
    folder: Path,
    *,
    is_merge: bool = False,
    on_progress: Progress | None = None,
) -> Restored:
    """Into an empty archive, or with `is_merge` beside what is there; repeatable."""
    saved = contents.read(folder)
    if saved is None:
        raise BackupError(f"{folder} holds no backup: there is no contents.json")
    contents.verify(folder, saved.files)
    with archive.connect(uri) as client:
        archive.require(client, uri)
        database = archive.database(client, settings)
        if not is_merge:
            _require_empty(settings, database)
        stored = _documents(database, folder, saved, on_progress)
        ensure_indexes(archive.conversations(client, settings))
        _drop_erased(archive.conversations(client, settings))
    is_buffer_restored = _buffer(settings, folder, saved)
    for name in formats(settings):
        # The high-water mark is past the restored documents, so they would never be extracted.
        drop_lake(settings, name)
    if settings.gold_path.exists():
        state.update(settings, load_seq=0, high_water_mark=None)
    if settings.search_dir.exists():
        ask(settings.search_dir)
    return Restored(saved.documents, stored, is_buffer_restored)


def _require_empty(settings: Settings, database: Database[Document]) -> None:
    names = set(database.list_collection_names()) - DERIVED
    full = sorted(name for name in names if database[name].find_one({}, {"_id": 1}) is not None)
    if full:
        raise SettingError(
            f"the database {database.name} (MONGO_DB) already holds {', '.join(full)}; restore "
            "into another CCA_HOME or MONGO_DB, or add to what is there with --merge"
        )
    if settings.buffer_path.exists():
        raise SettingError(
            f"{settings.buffer_path} (SQLITE_PATH) is there already; restore into another "
            "CCA_HOME, or keep that buffer with --merge"
        )


def _documents(
    database: Database[Document], folder: Path, saved: Contents, on_progress: Progress | None
) -> int:
    """Return how many were not there yet; what has been there already is left as it is."""
    stored = read = 0
    total = sum(file.documents for file in saved.files)
    for file in saved.files:
        if file.store in {BUFFER, SETTINGS}:
            continue
        target = database[file.store].with_options(codec_options=_RAW)
        found = 0
        for batch in _batches(_stream(folder / file.path)):
            stored += _insert(target, batch)
            found += len(batch)
            if on_progress:
                on_progress(read + found, total)
        if found != file.documents:
            raise BackupError(f"{folder / file.path}: {found} documents, not {file.documents}")
        read += found
    return stored


def _stream(path: Path) -> Iterator[Document]:
    with gzip.open(path, "rb") as file:
        yield from bson.decode_file_iter(cast("IO[bytes]", file), codec_options=_RAW)


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    while batch := list(islice(documents, _BATCH)):
        yield batch


def _insert(collection: Collection[Document], batch: list[Document]) -> int:
    try:
        collection.insert_many(batch, ordered=False)
    except BulkWriteError as error:
        others = [one for one in error.details["writeErrors"] if one["code"] != _DUPLICATE_KEY]
        if others:
            raise BackupError(f"MongoDB refuses a document: {others[0]['errmsg'][:200]}") from error
        return int(error.details["nInserted"])
    return len(batch)


def _drop_erased(collection: Collection[Document]) -> None:
    """Parts that are older than a deletion must not undo it."""
    remembered: Iterable[Document] = collection.database[archive.ERASED_IDS].find({}, {"_id": 1})
    limits = archive.limits_beside(collection)
    for batch in _batches(iter(remembered)):
        gone = {"_id": {"$in": [row["_id"] for row in batch]}}
        collection.delete_many(gone)
        limits.delete_many(gone)


def _buffer(settings: Settings, folder: Path, saved: Contents) -> bool:
    """Where one is there already it stays: its positions are of this machine's files."""
    path = settings.buffer_path
    files = saved.of(BUFFER)
    if not files or path.exists():
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".restoring")
    shutil.copyfile(folder / files[-1].path, fresh)
    fresh.chmod(0o600)
    fresh.rename(path)
    return True
