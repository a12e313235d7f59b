"""Writes the marts to a new read-only file, checks it, and moves the link `current.duckdb` to it.

A file never changes under its name, so readers never wait, never block the writer and never see
half a build; a new connection sees the new data.
"""

import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from cca.errors import WarehouseError
from cca.files import replace_link, sync_folder
from cca.gold import state
from cca.gold.open import is_readable
from cca.load import meta
from cca.load.compression import compression
from cca.load.warehouse import STORAGE_VERSION, writing
from cca.locks import held
from cca.publish import copies, masking
from cca.publish.comments import comments
from cca.publish.metabase_key import known_key
from cca.publish.removed import drop_removed, models_of, tables_of
from cca.publish.renewal import renew
from cca.settings import Settings
from cca.sql import literal
from cca.statusline import keep
from cca.transform.dbt import code_version

log = logging.getLogger(__name__)

KEPT_FILES = 3
# Every so many files one is written whole, so that what deleted rows left does not add up.
_WHOLE_EVERY = 24


def publish_newest(settings: Settings, *, is_whole: bool = False) -> Path:
    """Publish, unless gold holds the newest build: then only bring the copies that lack it.

    A whole file is published in any case.

    Raises:
        WarehouseError: There are no marts, or the copy differs from them.
        ServiceDown: A database does not take its copy.

    """
    if is_whole or not _holds_newest_build(settings):
        return publish(settings, is_whole=is_whole)
    copies.copy_newest(settings)
    return settings.gold_path.resolve()


def publish(settings: Settings, *, is_whole: bool = False) -> Path:
    """Publish the marts and return the new gold file; a whole one takes nothing of the last file.

    It holds the load that dbt built last, which need not be the newest load.

    Raises:
        WarehouseError: There are no marts, or the copy differs from them.

    """
    settings.gold_dir.mkdir(parents=True, exist_ok=True)
    # Two at once would take one number, and the link could step back.
    with held(settings.gold_dir / "publish.lock"):
        target = settings.gold_dir / f"gold-{_newest(settings.gold_dir) + 1}.duckdb"
        building = target.with_suffix(".building")
        _remove(building)
        with writing(settings) as warehouse:
            meta.prepare(warehouse)
            built, built_at = meta.newest_build(warehouse), meta.newest_build_at(warehouse)
            models = models_of(settings)
            drop_removed(warehouse, models, state.read(settings).tables)
            previous = None if is_whole else _renewable(settings)
            tables = _write(warehouse, building, previous)
        _make_durable(building, target)
        replace_link(settings.gold_path, target)
        state.update(
            settings,
            load_seq=built.load_seq,
            high_water_mark=built.high_water_mark,
            code_version=code_version(settings),
            published_at=datetime.now(UTC),
            built_at=built_at,
            gold_file=target.name,
            **({"tables": sorted(models & set(tables))} if models else {}),
        )
        prune(settings)
    log.info("published %d tables as %s", len(tables), target.name)
    if known_key(settings):
        from cca.publish import metabase  # noqa: PLC0415  (httpx)

        metabase.point_to(settings, target)
    keep.tell(settings, target)
    copies.copy_newest(settings)
    return target


def prune(settings: Settings, keep: int = KEPT_FILES) -> list[Path]:
    """Delete all but the newest gold files, never the published one; return those deleted.

    A program that has a deleted file open can go on reading it.
    """
    current = settings.gold_path.resolve()
    files = _files(settings.gold_dir)
    old = [path for path in files[:-keep] if path != current]
    for path in old:
        path.unlink()
    return old


def _holds_newest_build(settings: Settings) -> bool:
    published = state.read(settings)
    with writing(settings) as warehouse:
        meta.prepare(warehouse)
        built_at = meta.newest_build_at(warehouse)
    return (
        built_at is not None
        and built_at == published.built_at
        and published.code_version == code_version(settings)
        and is_readable(settings.gold_path)
    )


def _renewable(settings: Settings) -> Path | None:
    """Return the published file if the next one may be made of it.

    Other code may make other columns, and mask what was not masked.
    """
    current = settings.gold_path.resolve()
    is_ours = state.read(settings).code_version == code_version(settings)
    is_its_turn = _newest(settings.gold_dir) % _WHOLE_EVERY > 0
    return current if is_ours and is_its_turn and is_readable(settings.gold_path) else None


def _write(
    warehouse: duckdb.DuckDBPyConnection, building: Path, previous: Path | None
) -> list[str]:
    names = list(tables_of(warehouse))
    if not names:
        raise WarehouseError("no marts to publish: run `cca transform` first")
    # A second thread shortens it little and costs half as much again.
    warehouse.execute("set threads = 1")
    if previous is None or not renew(warehouse, names, previous, building):
        _remove(building)
        _copy(warehouse, building, names)
    return names


def _remove(building: Path) -> None:
    """Remove what a run that broke off left, its log too, which would go into the next file."""
    for path in (building, building.with_name(f"{building.name}.wal")):
        path.unlink(missing_ok=True)


def _copy(warehouse: duckdb.DuckDBPyConnection, building: Path, names: list[str]) -> None:
    source = warehouse.execute("select current_database()").fetchall()[0][0]
    where = literal(str(building))
    warehouse.execute(f"attach {where} as gold (storage_version '{STORAGE_VERSION}')")
    warehouse.execute("create schema gold.marts")
    for name in names:
        _copy_mart(warehouse, f'"{source}".marts."{name}"', f'gold.marts."{name}"')
    said = comments(warehouse, source, {name: f'gold.marts."{name}"' for name in names})
    # Each by itself would be a transaction, with a wait for the disk.
    warehouse.execute(";".join(["begin", *said, "commit"]))
    warehouse.execute("checkpoint gold")
    warehouse.execute("detach gold")


def _copy_mart(warehouse: duckdb.DuckDBPyConnection, mart: str, table: str) -> None:
    described = warehouse.execute(f"describe {mart}").fetchall()
    columns = ", ".join(
        f'"{name}" {kind}{compression(name) if kind == "VARCHAR" else ""}'
        for name, kind, *_ in described
    )
    warehouse.execute(f"create table {table} ({columns})")
    selection = masking.selection(warehouse, mart)
    taken = warehouse.execute(f"insert into {table} {selection}").fetchall()[0][0]
    stored = warehouse.execute(f"select count(*) from {table}").fetchall()[0][0]
    if taken != stored:
        message = f"{mart}: {taken} rows in the warehouse, {stored} copied; not published"
        raise WarehouseError(message)


def _make_durable(building: Path, target: Path) -> None:
    with building.open("rb") as file:
        os.fsync(file.fileno())
    building.chmod(0o400)
    building.rename(target)
    sync_folder(target.parent)


def _newest(gold_dir: Path) -> int:
    return max(map(_number, _files(gold_dir)), default=0)


def _files(gold_dir: Path) -> list[Path]:
    """Return our files, oldest first; a file that a person put beside them is left alone."""
    found = (path for path in gold_dir.glob("gold-*.duckdb") if path.stem[5:].isdecimal())
    return sorted(found, key=_number)


def _number(path: Path) -> int:
    return int(path.stem.removeprefix("gold-"))
