"""The warehouse made anew from the lake."""

from pathlib import Path

from cca.lake import manifest
from cca.load.raw import load
from cca.publish.gold import publish
from cca.settings import Settings
from cca.transform.dbt import transform


def rebuild_warehouse(settings: Settings, storage_format: str | None = None) -> Path:
    """Delete the warehouse file, load, build and publish; readers keep the old gold until then."""
    for name in manifest.FORMATS:
        # load numbers begin anew: none of them is published
        mark = manifest.read(settings, name).published
        manifest.promote(settings, name, manifest.Published(mark, 0, ""))
    path = settings.warehouse_path
    for one in (path, path.with_name(f"{path.name}.wal")):
        one.unlink(missing_ok=True)
    load(settings, storage_format=storage_format)
    transform(settings, full_refresh=True)
    return publish(settings, storage_format=storage_format)
