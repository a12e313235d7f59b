"""Lets dbt record its statements where cca is packed: `python -m cca.transform.prepare`.

`make install`, `make wheels` and the image do that once for each state of the dbt project, so that
no home has to (cca.transform.prepared). dbt builds a warehouse of one entry twice: the first build
makes every table, the second finds nothing new.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from cca.errors import WarehouseError
from cca.load import raw
from cca.load.warehouse import writing
from cca.records import CONVERSATIONS
from cca.settings import Settings
from cca.transform import prepared, recording
from cca.transform.build import transform
from cca.transform.dbt import write_manifest
from cca.transform.nodes import BuildFailed
from cca.transform.recording import Kind

_AT = "timestamptz '2026-01-01 10:00:00+00'"
# An entry of a type that nothing counts.
_ENTRY = {
    "_id": "'entry'",
    "project_id": "'-project'",
    "session_id": "'session'",
    "stream": "'session'",
    "generation": "0",
    "source_offset": "0",
    "source_file": "'-project/session.jsonl'",
    "host": "'host'",
    "ingested_at": _AT,
    "event_at": _AT,
    "date": "date '2026-01-01'",
    "type": "'unknown'",
    "load_seq": "1",
}


def prepare() -> bool:
    """Make the recordings of the project as it is; tell whether there was something to do.

    Raises:
        BuildFailed: dbt cannot build the project.
        WarehouseError: The two builds gave no recordings.

    """
    if prepared.is_current():
        return False
    with TemporaryDirectory() as folder:
        settings = Settings(
            cca_home=Path(folder),
            duckdb_path=Path(folder) / f"{prepared.ANY_DATABASE}.db",
            timezone=prepared.ANY_ZONE,
            mongo_uri="mongodb://unused",
            prices_file=None,
            openlineage_url="",
            _env_file=None,
        )
        _write_one_entry(settings)
        for _ in prepared.KINDS:
            transform(settings)
        recordings = {kind: _recorded(settings, kind) for kind in prepared.KINDS}
        # A manifest of a build holds compiled SQL and is twice as large.
        prepared.write(recordings, write_manifest(settings).read_text(encoding="utf-8"))
    return True


def _write_one_entry(settings: Settings) -> None:
    flags = {
        field.name: "false"
        for field in CONVERSATIONS
        if field.type == pa.bool_() and not field.nullable
    }
    columns = ", ".join(f"{value} as {name}" for name, value in {**flags, **_ENTRY}.items())
    with writing(settings) as warehouse:
        raw.prepare(warehouse)
        warehouse.execute(f"insert into raw.conversations by name select {columns}")


def _recorded(settings: Settings, kind: Kind) -> str:
    found = list(recording.folder(settings).glob(f"recording-{kind}-*.json"))
    if not found:
        raise WarehouseError(f"dbt's builds gave no recording of the kind `{kind}`")
    return found[0].read_text(encoding="utf-8")


def main() -> None:
    """Prepare, and say what went wrong: cca works without, its first build is slower."""
    try:
        prepare()
    except (BuildFailed, WarehouseError) as error:
        sys.exit(f"cca comes without recordings of dbt: {error}")


if __name__ == "__main__":
    main()
