"""The lake as plain Parquet files by date: a file is complete before it has its name."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cca.files import sync_folder
from cca.lake import manifest
from cca.lake.manifest import LakeFile, Manifest
from cca.lake.store import Change, Plan, parquet_options
from cca.records import DATASETS
from cca.settings import Settings


class ParquetStore:
    """Files under `<lake>/<dataset>/date=…/`; replacing the manifest is the commit."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self) -> Manifest:
        return manifest.read(self._settings, "parquet")

    def put(self, dataset: str, day: date, name: str, table: pa.Table) -> str:
        path = self._settings.lake_dir / dataset / f"date={day.isoformat()}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".tmp")
        pq.write_table(table, fresh, **parquet_options(table.schema))
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(path.parent)
        return path.relative_to(self._settings.lake_dir).as_posix()

    def source(self, path: str) -> Path:
        return self._settings.lake_dir / path

    def local(self, path: str) -> str:
        return self.source(path).as_posix()

    def commit(self, plan: Plan, extracted: datetime | None) -> Change:
        before = self.read()
        change = plan(before.files)
        after = replace(
            before,
            files=_replaced(before.files, change),
            extracted=extracted or before.extracted,
        )
        if after != before:
            manifest.write(self._settings, "parquet", after)
        for file in change.removed:
            self.source(file.path).unlink(missing_ok=True)
        return change

    def move_mark(self, extracted: datetime) -> None:
        manifest.write(self._settings, "parquet", replace(self.read(), extracted=extracted))

    def sweep(self, *, is_alone: bool = False) -> int:  # noqa: ARG002  (it always is)
        live = {self.source(file.path) for file in self.read().files}
        found = (path for name in DATASETS for path in (self._settings.lake_dir / name).rglob("*"))
        strays = [path for path in found if path.is_file() and path not in live]
        for path in strays:
            path.unlink()
        return len(strays)


def _replaced(files: Sequence[LakeFile], change: Change) -> tuple[LakeFile, ...]:
    removed = set(change.removed)
    kept = [file for file in files if file not in removed]
    return tuple(sorted([*kept, *change.added], key=lambda file: file.path))
