"""The lake as plain Parquet files by date: a file is complete before it has its name."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cca.files import sync_folder
from cca.lake import manifest
from cca.lake.manifest import Coverage, LakeFile, Manifest
from cca.lake.store import Commit, CommitBuilder, parquet_options
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

    def commit(self, builder: CommitBuilder, coverage: Coverage | None) -> Commit:
        before = self.read()
        commit = builder(before.files)
        after = Manifest(_replaced(before.files, commit), coverage or before.coverage)
        if after != before:
            manifest.write(self._settings, "parquet", after)
        for file in commit.removed:
            self.source(file.path).unlink(missing_ok=True)
        return commit

    def record_coverage(self, coverage: Coverage) -> None:
        manifest.write(self._settings, "parquet", replace(self.read(), coverage=coverage))

    def remove_orphan_files(self, *, is_alone: bool = False) -> int:  # noqa: ARG002  (always is)
        live = {self.source(file.path) for file in self.read().files}
        found = (path for name in DATASETS for path in (self._settings.lake_dir / name).rglob("*"))
        orphans = [path for path in found if path.is_file() and path not in live]
        for path in orphans:
            path.unlink()
        return len(orphans)


def _replaced(files: Sequence[LakeFile], commit: Commit) -> tuple[LakeFile, ...]:
    removed = set(commit.removed)
    kept = [file for file in files if file not in removed]
    return tuple(sorted([*kept, *commit.added], key=lambda file: file.path))
