"""The list of live lake files: replacing it is the commit, and it carries the marks.

`extracted` is the `ingestedAt` up to which the lake holds everything, `published` the one up to
which the gold file does; `published_load` is the load that gold was built from.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cca.errors import SettingError, WarehouseError
from cca.files import held, replace_file, sync_folder
from cca.settings import Settings

VERSION = 1
FORMATS = ("parquet", "iceberg")


@dataclass(frozen=True)
class LakeFile:
    """One Parquet file: path under the lake (Iceberg: whole), and what its rows span.

    Times are ISO, UTC.
    """

    path: str
    dataset: str
    date: str
    rows: int
    ingested_min: str
    ingested_max: str
    event_min: str
    event_max: str


@dataclass(frozen=True)
class Published:
    """What gold was made from: the lake's mark, the load that brought it, and the rules."""

    mark: datetime | None
    load: int
    rules: str


@dataclass(frozen=True)
class Manifest:
    """Live files and marks of one storage format."""

    files: tuple[LakeFile, ...] = ()
    extracted: datetime | None = None
    published: datetime | None = None
    published_load: int = 0
    published_rules: str = ""
    version: int = field(default=VERSION)


def supported(storage_format: str) -> str:
    """The format, if there is such; else SettingError."""
    if storage_format not in FORMATS:
        raise SettingError(
            f"STORAGE_FORMAT={storage_format} is no storage format; use {' or '.join(FORMATS)}"
        )
    return storage_format


def read(settings: Settings, storage_format: str) -> Manifest:
    """The manifest as committed; empty where nothing was extracted yet."""
    path = _path(settings, storage_format)
    try:
        values: dict[str, Any] = json.loads(path.read_text())
        if values["version"] > VERSION:
            raise WarehouseError(f"{path} was written by a newer cca; upgrade this one")
        return Manifest(
            files=tuple(LakeFile(**one) for one in values["files"]),
            extracted=_time(values["extracted"]),
            published=_time(values["published"]),
            published_load=values["published_load"],
            published_rules=values.get("published_rules", ""),
        )
    except FileNotFoundError:
        return Manifest()
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path} is damaged ({type(error).__name__}); `cca rebuild lake` makes it anew"
        raise WarehouseError(message) from error


def write(settings: Settings, storage_format: str, manifest: Manifest) -> None:
    """Replace the manifest as a whole, on disk before its name changes."""
    values = asdict(manifest)
    for mark in ("extracted", "published"):
        moment = values[mark]
        values[mark] = moment.isoformat() if moment else None
    path = _path(settings, storage_format)
    replace_file(path, json.dumps(values, indent=1))
    sync_folder(path.parent)


def promote(settings: Settings, storage_format: str, now: Published) -> None:
    """Record what the gold file now holds."""
    with committing(settings, storage_format):
        manifest = replace(
            read(settings, storage_format),
            published=now.mark,
            published_load=now.load,
            published_rules=now.rules,
        )
        write(settings, storage_format, manifest)


def forget(settings: Settings, storage_format: str) -> None:
    """As if nothing had ever been extracted or published in the format."""
    path = _path(settings, storage_format)
    for one in (path, path.with_name(f"{storage_format}-recent.json")):
        one.unlink(missing_ok=True)


def published_mark(settings: Settings) -> datetime | None:
    """The `ingestedAt` up to which gold holds everything; None before the first publish."""
    if not settings.gold_path.exists():
        return None
    return read(settings, settings.storage_format).published


@contextmanager
def locked(settings: Settings, storage_format: str, *, is_shared: bool = False) -> Iterator[None]:
    """Hold the format's lake, alone or together with others that own ranges of their own."""
    with held(_path(settings, storage_format).with_suffix(".lock"), is_shared=is_shared):
        yield


@contextmanager
def committing(settings: Settings, storage_format: str) -> Iterator[None]:
    """The moment of a commit, always alone; taken after `locked`, where both are."""
    with held(_path(settings, storage_format).with_suffix(".commit-lock")):
        yield


def _path(settings: Settings, storage_format: str) -> Path:
    return settings.lake_dir / f"{storage_format}-manifest.json"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
