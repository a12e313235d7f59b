"""Our stores as OpenLineage names them: the archive, the lake, the raw tables, the marts, gold."""

from pathlib import Path
from urllib.parse import urlsplit

from openlineage.client.event_v2 import Dataset

from cca.lake.catalog import identifiers
from cca.records import DATASETS
from cca.settings import Settings
from cca.transform.dbt import mart_names


def archive(settings: Settings, uri: str) -> Dataset:
    """Name the collection by the address of MongoDB, without user and password.

    The embedded MongoDB has no address of its own (`uri` is empty): this machine's name stands for
    it.
    """
    host = urlsplit(uri).netloc.rpartition("@")[2] if uri else settings.cca_host
    return Dataset(f"mongodb://{host}", f"{settings.mongo_db}.{settings.mongo_collection}")


def lake(settings: Settings) -> list[Dataset]:
    """Name the datasets of the lake, in the format that a run writes."""
    if settings.storage_format == "parquet":
        return [Dataset("file", str(settings.lake_dir / name)) for name in DATASETS]
    tables = identifiers(settings)
    return [Dataset(settings.iceberg_warehouse, ".".join(tables[name])) for name in DATASETS]


def raw(settings: Settings) -> list[Dataset]:
    """Name the raw tables as dbt's events name its sources."""
    return [_table(settings.warehouse_path, "raw", name) for name in DATASETS]


def marts(settings: Settings) -> list[Dataset]:
    """Name the marts in the warehouse as dbt's events name its models."""
    return [_table(settings.warehouse_path, "marts", name) for name in mart_names()]


def gold(settings: Settings) -> list[Dataset]:
    """Name what readers open: the same tables, behind the link to the newest file."""
    return [_table(settings.gold_path, "marts", name) for name in mart_names()]


def _table(file: Path, schema: str, name: str) -> Dataset:
    return Dataset(f"duckdb://{file}", f"{file.stem}.{schema}.{name}")
