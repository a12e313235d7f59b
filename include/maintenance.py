"""Keeps the stores small: one function for each chore, repeatable and safe while others run."""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cca.gold import state
from cca.settings import Settings

if TYPE_CHECKING:
    from cca.lake.compact import CompactReport
    from cca.lake.snapshots import Expired

# How long snapshots of the Iceberg lake, and warehouses built from them, can be read.
KEEP_SNAPSHOTS = timedelta(days=7)


@dataclass(frozen=True)
class Orphans:
    """Files of the lake that no commit refers to."""

    files: int


@dataclass(frozen=True)
class Trimmed:
    """Bytes of the sync agent's buffer."""

    bytes_before: int
    bytes_after: int


@dataclass(frozen=True)
class Pruned:
    """Gold files and warehouses of snapshots that were deleted, and their bytes."""

    gold_files: int
    past_warehouses: int
    bytes: int


def compact_lake(
    settings: Settings, *, storage_format: str | None = None, before: date | None = None
) -> "CompactReport":
    """Merge small files of dates before a day, yesterday by default; delete orphan files."""
    from cca.lake.compact import CompactReport, compact  # noqa: PLC0415  (pyarrow)

    if not _may_exist(settings, storage_format):
        return CompactReport(0, 0, 0)
    state.move_from_version_0_1(settings)
    return compact(settings, storage_format=storage_format, before=before)


def expire_snapshots(settings: Settings, *, keep: timedelta = KEEP_SNAPSHOTS) -> "Expired":
    """Delete snapshots of the Iceberg lake older than that; the present one always stays."""
    from cca.lake import snapshots  # noqa: PLC0415  (takes a second)

    if not _may_exist(settings, "iceberg"):
        return snapshots.Expired(0, 0)
    return snapshots.expire(settings, datetime.now(UTC) - keep)


def remove_orphans(settings: Settings, *, storage_format: str | None = None) -> Orphans:
    """Delete what crashed runs left in the lake; waits until no run is writing."""
    from cca.lake.lake import holding  # noqa: PLC0415  (pyarrow)

    if not _may_exist(settings, storage_format):
        return Orphans(0)
    with holding(settings, storage_format) as lake:
        return Orphans(lake.store.remove_orphan_files())


def trim_buffer(settings: Settings) -> Trimmed:
    """Delete delivered lines that are a week old and free their space; waiting lines stay."""
    from cca.sync_agent.buffer import Buffer  # noqa: PLC0415  (only where there is one)

    path = settings.buffer_path
    if not path.exists():
        return Trimmed(0, 0)
    before = _size(path)
    with Buffer(path) as buffer:
        buffer.tidy()
    return Trimmed(before, _size(path))


def prune_gold(settings: Settings, *, keep: timedelta = KEEP_SNAPSHOTS) -> Pruned:
    """Delete all but the newest gold files, and time-travel warehouses older than `keep`."""
    from cca.publish.gold import prune  # noqa: PLC0415  (duckdb)

    before = _size(settings.gold_dir)
    files = prune(settings)
    freed = before - _size(settings.gold_dir)
    limit = (datetime.now(UTC) - keep).timestamp()
    past = settings.cca_home / "time-travel"
    old = [path for path in past.glob("*") if path.stat().st_mtime < limit]
    for path in old:
        freed += _size(path)
        shutil.rmtree(path)
    return Pruned(len(files), len(old), freed)


def _may_exist(settings: Settings, storage_format: str | None) -> bool:
    """Tells whether there is such a lake: a chore creates no Iceberg tables."""
    if (storage_format or settings.storage_format) != "iceberg":
        return True
    from cca.lake import catalog  # noqa: PLC0415  (takes a second)

    return catalog.may_exist(settings)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else path.parent.glob(f"{path.name}*")
    return sum(one.stat().st_size for one in files if one.is_file() and not one.is_symlink())
