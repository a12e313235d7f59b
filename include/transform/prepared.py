"""The recordings and dbt's manifest that come with cca, so that a first build needs no dbt.

What dbt renders depends on its project, which cca brings along, and on three values of an
installation: the name of its database, the time zone of its days and the folder of the project.
So dbt runs where cca is packed (cca.transform.prepare), and these values are put in here.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from cca.prices.files import newer_list
from cca.settings import Settings
from cca.settings.duckdb_names import database_name
from cca.transform import recording
from cca.transform.code_version import project_version
from cca.transform.dbt import (
    DBT_DIR,
    is_manifest_current,
    manifest_path,
    put_manifest,
    write_manifest,
)
from cca.transform.recording import Kind

# What stands for the values of an installation. No statement has these words otherwise, and the
# second has to be a time zone.
ANY_DATABASE = "cca_any_database"
ANY_ZONE = "Antarctica/Troll"
ANY_FOLDER = "cca_any_folder"
# A home with these needs no other: a full build does in place of one of all sessions.
KINDS = (Kind.FULL, Kind.SOME)
_VERSION = "version"
_MANIFEST = "manifest.json"


def folder() -> Path:
    """Return the folder in which they are."""
    return DBT_DIR / "prepared"


def version() -> str:
    """Name what they are made from."""
    return f"{recording.FORMAT} {project_version(DBT_DIR)}"


def is_current() -> bool:
    """Tell whether they are there, and made from the project as it is."""
    path = folder() / _VERSION
    return path.exists() and path.read_text() == version()


def put(settings: Settings, key: str) -> bool:
    """Put them into a home that has nothing under this key; tell whether that was done.

    It is done once for each key: what could not be repeated in this home is left to dbt.
    """
    if not is_current() or settings.prices_file or newer_list(settings):
        return False
    note = note_path(settings, key)
    if note.exists() or any(recording.path_of(settings, kind, key).exists() for kind in Kind):
        return False
    recording.forget(settings)
    _put_manifest(settings)
    for kind in KINDS:
        recording.write(settings, kind, key, text_for(settings, f"{kind}.json"))
    note.touch()
    return True


def note_path(settings: Settings, key: str) -> Path:
    """Return the empty file that says they were put into a home; it goes with the recordings."""
    return recording.folder(settings) / f"recording-prepared-{key}.json"


def manifest(settings: Settings) -> Path:
    """Return a manifest of the project as it is; dbt parses the project only where there is none.

    Raises:
        WarehouseError: dbt cannot parse it.

    """
    _put_manifest(settings)
    return manifest_path(settings) if is_manifest_current(settings) else write_manifest(settings)


def text_for(settings: Settings, name: str) -> str:
    """Return one of the files with the values of an installation in it."""
    text = (folder() / name).read_text(encoding="utf-8")
    for placeholder, value in (
        (ANY_DATABASE, database_name(settings.warehouse_path)),
        (ANY_ZONE, settings.timezone),
        (ANY_FOLDER, str(DBT_DIR)),
    ):
        text = text.replace(placeholder, _in_json(value))
    return text


def write(recordings: Mapping[Kind, str], manifest: str) -> None:
    """Write the texts with what stands for the values of an installation."""
    folder().mkdir(exist_ok=True)
    texts = {f"{kind}.json": text for kind, text in recordings.items()} | {_MANIFEST: manifest}
    for name, text in texts.items():
        text_for_any = text.replace(_in_json(str(DBT_DIR)), ANY_FOLDER)
        (folder() / name).write_text(text_for_any, encoding="utf-8")
    # Last: without it nobody reads the others.
    (folder() / _VERSION).write_text(version())


def _put_manifest(settings: Settings) -> None:
    if is_current() and not is_manifest_current(settings):
        put_manifest(settings, text_for(settings, _MANIFEST))


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]
