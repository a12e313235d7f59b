"""Erase rows from the lakes of both formats, and from their snapshots and orphan files."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cca.lake import catalog, manifest
from cca.lake.lake import Lake, holding
from cca.lake.manifest import LakeFile
from cca.lake.store import Commit
from cca.selection import Covered, Selection
from cca.settings import Settings


def formats(settings: Settings) -> list[str]:
    """Return the formats that have a lake here."""
    return [
        name
        for name in manifest.FORMATS
        if (catalog.may_exist(settings) if name == "iceberg" else _has_parquet(settings))
    ]


def count(settings: Settings, storage_format: str, selection: Selection) -> int:
    """Count the rows of the selection in a lake as it is."""
    with holding(settings, storage_format, is_shared=True) as lake:
        return sum(_count(lake, file, selection) for file in lake.read().files)


def erase(settings: Settings, storage_format: str, covered: Covered) -> int:
    """Erase the rows, also from snapshots and orphan files; return how many the lake had."""
    with holding(settings, storage_format) as lake:
        # This process holds the lake alone, so no new file with such rows can appear.
        stale = {
            file: rows
            for file in lake.read().files
            if (rows := _count_covered(lake, file, covered)) > 0
        }

        def build(live: Sequence[LakeFile]) -> Commit:
            chosen = [file for file in live if file in stale]
            return Commit(tuple(chosen), tuple(_without(lake, chosen, covered)))

        if stale:
            lake.commit(build, None)
        if storage_format == "iceberg":
            _expire_all_snapshots(settings)
    is_alone = storage_format == "parquet" or catalog.own_file(settings) is not None
    with holding(settings, storage_format) as lake:
        lake.store.remove_orphan_files(is_alone=is_alone)
    return sum(stale.values())


def _has_parquet(settings: Settings) -> bool:
    return manifest.manifest_path(settings, "parquet").exists()


def _expire_all_snapshots(settings: Settings) -> None:
    from cca.lake import snapshots  # noqa: PLC0415  (takes a second)
    from cca.lake.iceberg import IcebergStore  # noqa: PLC0415  (as the other)

    IcebergStore(settings).append_empty_snapshots()
    snapshots.expire_held(settings, datetime.now(UTC) + timedelta(seconds=1))


def _without(lake: Lake, files: Sequence[LakeFile], covered: Covered) -> list[LakeFile]:
    rewritten = []
    for file in files:
        table = lake.table(file)
        kept = table.filter(pc.invert(_is_covered(table, covered)))
        if kept.num_rows:
            rewritten.append(lake.write(file.dataset, date.fromisoformat(file.date), kept))
    return rewritten


def _count(lake: Lake, file: LakeFile, selection: Selection) -> int:
    table = lake.table(file, _columns(file, selection))
    return int(pc.sum(_mask(table, selection)).as_py() or 0)


def _count_covered(lake: Lake, file: LakeFile, covered: Covered) -> int:
    table = lake.table(file, [*_columns(file, covered.selection), "ingested_at", "event_at"])
    return int(pc.sum(_is_covered(table, covered)).as_py() or 0)


def _columns(file: LakeFile, selection: Selection) -> list[str]:
    return ["document_json"] if file.dataset == "rejects" else list(selection.columns())


def _is_covered(table: pa.Table, covered: Covered) -> Any:
    """Which rows are covered: `Covered.documents` says it of documents."""
    came, happened = table["ingested_at"], table["event_at"]
    is_later = pc.and_(pc.greater(came, covered.at), pc.greater(happened, covered.at))
    is_new = pc.or_(is_later, pc.greater(came, covered.settled_at))
    return pc.and_(_mask(table, covered.selection), pc.invert(is_new))


def _mask(table: pa.Table, selection: Selection) -> Any:
    if "document_json" in table.column_names:
        return pa.array([_is_of(text, selection) for text in table["document_json"].to_pylist()])
    found = [pc.equal(table[name], value) for name, value in selection.columns().items()]
    mask = found[0]
    for other in found[1:]:
        mask = pc.and_(mask, other)
    return mask


def _is_of(document_json: str, selection: Selection) -> bool:
    document = json.loads(document_json)
    return all(document.get(name) == value for name, value in selection.fields().items())
