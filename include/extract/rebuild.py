"""Builds the lake again from MongoDB."""

import shutil

from cca.extract.one_chunk import ExtractReport
from cca.extract.run import extract
from cca.extract.window import Window
from cca.lake import manifest
from cca.records import DATASETS
from cca.settings import Settings


def rebuild_lake(settings: Settings, uri: str, storage_format: str | None = None) -> ExtractReport:
    """Delete a format's lake, whatever state it is in, and extract everything again."""
    settings = manifest.with_format(settings, storage_format)
    drop_lake(settings, settings.storage_format)
    return extract(settings, uri, Window("full"))


def drop_lake(settings: Settings, chosen: str) -> None:
    """Delete a format's lake with its high-water mark: the next run extracts everything."""
    with manifest.locked(settings, chosen):
        if chosen == "iceberg":
            from cca.lake import catalog  # noqa: PLC0415  (takes a second)

            catalog.drop(settings)
        else:
            for dataset in DATASETS:
                shutil.rmtree(settings.lake_dir / dataset, ignore_errors=True)
        manifest.forget(settings, chosen)
