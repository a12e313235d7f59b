"""The lake made anew from MongoDB."""

import shutil

from cca.extract.run import ExtractReport, extract
from cca.extract.window import Window
from cca.lake import manifest
from cca.records import DATASETS
from cca.settings import Settings


def rebuild_lake(settings: Settings, uri: str, storage_format: str | None = None) -> ExtractReport:
    """Delete a format's lake, whatever state it is in, and take everything again."""
    chosen = manifest.supported(storage_format or settings.storage_format)
    drop_lake(settings, chosen)
    return extract(settings, uri, Window("full"), storage_format=chosen)


def drop_lake(settings: Settings, chosen: str) -> None:
    """Delete a format's lake with its mark: the next run takes everything."""
    with manifest.locked(settings, chosen):
        if chosen == "iceberg":
            from cca.lake import catalog  # noqa: PLC0415  (takes a second)

            catalog.drop(settings)
        else:
            for dataset in DATASETS:
                shutil.rmtree(settings.lake_dir / dataset, ignore_errors=True)
        manifest.forget(settings, chosen)
