"""What gold was built from and when it was published: one file beside gold, the only memory."""

import json
import logging
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cca.errors import WarehouseError
from cca.files import replace_file
from cca.locks import held
from cca.settings import Settings

log = logging.getLogger(__name__)

VERSION = 1
_FORMATS = ("parquet", "iceberg")
_TIMES = ("high_water_mark", "published_at", "built_at")


@dataclass(frozen=True)
class Published:
    """The last publish.

    `load_seq` is the load that dbt built gold from, 0 where that is not known, and `built_at` the
    time of that build; `high_water_mark` is the `ingestedAt` up to which gold holds everything;
    `code_version` names what made marts of raw rows. `postgres_copy` says which gold file was
    copied to which Postgres. `tables` are the tables of gold that are models of ours,
    `postgres_tables` those that each Postgres got. `ducklake_copy` and `ducklake_tables` say the
    same of each DuckLake, with digests of its tables.
    """

    load_seq: int = 0
    high_water_mark: datetime | None = None
    code_version: str = ""
    published_at: datetime | None = None
    built_at: datetime | None = None
    gold_file: str = ""
    postgres_copy: str = ""
    tables: tuple[str, ...] = ()
    postgres_tables: dict[str, list[str]] = field(default_factory=dict)
    ducklake_copy: str = ""
    ducklake_tables: dict[str, dict[str, str]] = field(default_factory=dict)


def state_path(settings: Settings) -> Path:
    return settings.gold_dir / "state.json"


def read(settings: Settings) -> Published:
    """Return what was published last; an empty state before the first publish.

    Raises:
        WarehouseError: The file is damaged, or a newer cca wrote it.

    """
    path = state_path(settings)
    try:
        values = json.loads(path.read_text())
        if values.pop("version") > VERSION:
            raise WarehouseError(f"{path} was written by a newer cca; upgrade this one")
        # An older cca did not write it.
        values.setdefault("built_at", None)
        times = {name: _time(values[name]) for name in _TIMES}
        values["tables"] = tuple(values.get("tables", ()))
        return Published(**{**values, **times})
    except FileNotFoundError:
        return _of_version_0_1(settings)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path} is damaged ({type(error).__name__}); delete it and run `cca publish`"
        raise WarehouseError(message) from error


def update(settings: Settings, **changes: Any) -> None:
    """Change what is remembered; the rest stays."""
    with held(state_path(settings).with_suffix(".lock")):
        _write(settings, replace(read(settings), **changes))


def move_from_version_0_1(settings: Settings) -> None:
    """Write what cca 0.1 kept in the manifests of the lake into the file, if it is not there yet.

    Call it before anything writes such a manifest: the lake keeps nothing about gold any more.
    """
    if state_path(settings).exists():
        return
    with held(state_path(settings).with_suffix(".lock")):
        if not state_path(settings).exists() and (old := _of_version_0_1(settings)) != Published():
            _write(settings, old)
            log.info("moved what is published from the lake's manifest to %s", state_path(settings))


def published_high_water_mark(settings: Settings) -> datetime | None:
    """Return the `ingestedAt` up to which gold holds everything; None before the first publish."""
    if not settings.gold_path.exists():
        return None
    return read(settings).high_water_mark


def _write(settings: Settings, state: Published) -> None:
    values = {"version": VERSION, **asdict(state)}
    for name in _TIMES:
        values[name] = values[name].isoformat() if values[name] else None
    replace_file(state_path(settings), json.dumps(values, indent=1))


def _of_version_0_1(settings: Settings) -> Published:
    """Return what cca 0.1 remembered in each lake's manifest and beside gold."""
    chosen = sorted(_FORMATS, key=lambda name: name != settings.storage_format)
    for storage_format in chosen:
        try:
            path = settings.lake_dir / f"{storage_format}-manifest.json"
            values = json.loads(path.read_text())
            mark, load_seq = _time(values["published"]), values["published_load"]
            code_version = values.get("published_rules", "")
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if mark or load_seq:
            return Published(load_seq, mark, code_version, postgres_copy=_note(settings))
    return Published()


def _note(settings: Settings) -> str:
    try:
        return (settings.gold_dir / "in-postgres").read_text()
    except FileNotFoundError:
        return ""


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
