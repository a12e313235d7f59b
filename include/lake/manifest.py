"""The list of live lake files: replacing it is the commit, and it says what the lake covers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cca.errors import SettingError, WarehouseError
from cca.files import replace_file, sync_folder
from cca.locks import held
from cca.settings import Settings

# Version 1 called the high-water mark `extracted`, knew no transcript rules, and kept beside them
# what was published, which is gold's business now.
VERSION = 2
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
class Coverage:
    """The `ingestedAt` up to which the lake holds everything, and the rules that wrote its rows.

    `transcript_rules` is 0 where an earlier version of cca wrote the lake.
    """

    high_water_mark: datetime
    transcript_rules: int = 0


@dataclass(frozen=True)
class Manifest:
    """Live files and coverage of one storage format; no coverage before the first extraction."""

    files: tuple[LakeFile, ...] = ()
    coverage: Coverage | None = None

    @property
    def high_water_mark(self) -> datetime | None:
        return self.coverage.high_water_mark if self.coverage else None


def supported(storage_format: str) -> str:
    """Return the format if there is such a format.

    Raises:
        SettingError: There is none of that name.

    """
    if storage_format not in FORMATS:
        raise SettingError(
            f"STORAGE_FORMAT={storage_format} is no storage format; use {' or '.join(FORMATS)}"
        )
    return storage_format


def with_format(settings: Settings, storage_format: str | None) -> Settings:
    """Return the settings for the lake of a format; None is STORAGE_FORMAT.

    Raises:
        SettingError: There is no such format.

    """
    chosen = supported(storage_format or settings.storage_format)
    return settings.model_copy(update={"storage_format": chosen})


def read(settings: Settings, storage_format: str) -> Manifest:
    """Return the manifest as committed; an empty one where nothing was extracted yet.

    Raises:
        WarehouseError: The file is damaged, or a newer cca wrote it.

    """
    path = manifest_path(settings, storage_format)
    try:
        values: dict[str, Any] = json.loads(path.read_text())
        if values["version"] > VERSION:
            raise WarehouseError(f"{path} was written by a newer cca; upgrade this one")
        return Manifest(tuple(LakeFile(**one) for one in values["files"]), _coverage(values))
    except FileNotFoundError:
        return Manifest()
    except (ValueError, KeyError, TypeError) as error:
        message = (
            f"{path} is damaged ({type(error).__name__}); `cca rebuild lake` builds the lake again"
        )
        raise WarehouseError(message) from error


def write(settings: Settings, storage_format: str, manifest: Manifest) -> None:
    """Replace the manifest as a whole, on disk before its name changes."""
    mark, coverage = manifest.high_water_mark, manifest.coverage
    values = {
        "version": VERSION,
        "files": [asdict(file) for file in manifest.files],
        "high_water_mark": mark.isoformat() if mark else None,
        "transcript_rules": coverage.transcript_rules if coverage else 0,
    }
    path = manifest_path(settings, storage_format)
    replace_file(path, json.dumps(values, indent=1))
    sync_folder(path.parent)


def forget(settings: Settings, storage_format: str) -> None:
    """Delete the manifest: nothing was ever extracted in the format."""
    for one in (manifest_path, arrivals_path):
        one(settings, storage_format).unlink(missing_ok=True)


@contextmanager
def locked(settings: Settings, storage_format: str, *, is_shared: bool = False) -> Iterator[None]:
    """Hold the format's lake, alone or together with others that own ranges of their own."""
    with held(manifest_path(settings, storage_format).with_suffix(".lock"), is_shared=is_shared):
        yield


@contextmanager
def committing(settings: Settings, storage_format: str) -> Iterator[None]:
    """Hold the lake for a commit, always alone; taken after `locked`, where both are taken."""
    with held(manifest_path(settings, storage_format).with_suffix(".commit-lock")):
        yield


def manifest_path(settings: Settings, storage_format: str) -> Path:
    return settings.lake_dir / f"{storage_format}-manifest.json"


def arrivals_path(settings: Settings, storage_format: str) -> Path:
    """Return where the counts of the last minutes are kept, see `arrivals`."""
    return settings.lake_dir / f"{storage_format}-recent.json"


def _coverage(values: dict[str, Any]) -> Coverage | None:
    name = "extracted" if values["version"] == 1 else "high_water_mark"
    if values[name] is None:
        return None
    return Coverage(datetime.fromisoformat(values[name]), values.get("transcript_rules", 0))
