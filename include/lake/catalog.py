"""The Iceberg catalog and our tables in it, which get their columns from cca.records."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import (
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform
from sqlalchemy.engine import URL

from cca.errors import SettingError
from cca.lake.store import LONG_COLUMNS
from cca.records import DATASETS, RETIRED
from cca.settings import Settings

_PROPERTIES = {
    # After a conflict the store builds its commit again; pyiceberg's own retry does not.
    "commit.retry.num-retries": "0",
    "commit.manifest-merge.enabled": "true",
    # Each commit leaves a metadata file; only the snapshots in the last one count.
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    "write.parquet.compression-codec": "zstd",
    **{f"write.metadata.metrics.column.{name}": "none" for name in LONG_COLUMNS},
}


def open_catalog(settings: Settings) -> Catalog:
    """Open the catalog that the settings name; credentials come as pyiceberg takes them.

    Raises:
        SettingError: It cannot be opened.

    """
    properties = {
        "type": settings.iceberg_catalog_type,
        "uri": settings.iceberg_catalog_uri,
        "warehouse": settings.iceberg_warehouse,
    }
    if path := own_file(settings):
        path.parent.mkdir(parents=True, exist_ok=True)
        # A path may hold signs that end one in an address, or stand for others.
        properties["uri"] = URL.create("sqlite", database=str(path)).render_as_string()
    if "://" not in settings.iceberg_warehouse:
        Path(settings.iceberg_warehouse).mkdir(parents=True, exist_ok=True)
    try:
        return load_catalog(
            settings.iceberg_catalog_name,
            **{name: value for name, value in properties.items() if value},
        )
    except Exception as error:  # Each kind of catalog raises errors of its own.
        message = (
            f"the Iceberg catalog at {properties['uri'] or settings.iceberg_catalog_type} cannot "
            f"be opened: {error}; check ICEBERG_CATALOG_TYPE and ICEBERG_CATALOG_URI"
        )
        raise SettingError(message) from error


def own_file(settings: Settings) -> Path | None:
    """Return the SQLite file that is the catalog, None where the settings name another one."""
    is_ours = settings.iceberg_catalog_type == "sql" and not settings.iceberg_catalog_uri
    return settings.lake_dir / "iceberg-catalog.db" if is_ours else None


def may_exist(settings: Settings) -> bool:
    """Tells whether there can be tables; asking does not create the catalog file."""
    path = own_file(settings)
    return path is None or path.exists()


def identifiers(settings: Settings) -> dict[str, tuple[str, str]]:
    """Return namespace and table of each dataset."""
    name = settings.iceberg_table_name
    names = {dataset: f"{name}_{dataset}" for dataset in DATASETS} | {"conversations": name}
    return {dataset: (settings.iceberg_namespace, table) for dataset, table in names.items()}


def existing(settings: Settings) -> dict[str, Table]:
    """Return those of our tables that exist."""
    catalog = open_catalog(settings)
    found = {}
    for dataset, identifier in identifiers(settings).items():
        try:
            found[dataset] = catalog.load_table(identifier)
        except NoSuchTableError:
            continue
    return found


def ensured(settings: Settings) -> dict[str, Table]:
    """Return all our tables; create them, or bring their columns up to date, where needed."""
    catalog = open_catalog(settings)
    return {
        dataset: _ensured(catalog, identifier, dataset)
        for dataset, identifier in identifiers(settings).items()
    }


def drop(settings: Settings) -> list[str]:
    """Remove the tables from the catalog and return their names; MongoDB can fill them again."""
    catalog = open_catalog(settings)
    dropped = []
    for identifier in identifiers(settings).values():
        if catalog.table_exists(identifier):
            _purge(catalog, identifier)
            dropped.append(".".join(identifier))
    return dropped


def _ensured(catalog: Catalog, identifier: tuple[str, str], dataset: str) -> Table:
    schema = DATASETS[dataset]
    try:
        table = catalog.load_table(identifier)
    except NoSuchTableError:
        _ignoring(NamespaceAlreadyExistsError, lambda: catalog.create_namespace(identifier[0]))
        _ignoring(
            TableAlreadyExistsError,
            lambda: catalog.create_table(identifier, schema, properties=_PROPERTIES),
        )
        table = catalog.load_table(identifier)
    if not table.spec().fields:
        with table.update_spec() as spec:
            spec.add_field("date", IdentityTransform(), "date")
    if retired := RETIRED.get(dataset, frozenset()) & set(table.schema().column_names):
        with table.update_schema() as update:
            for name in sorted(retired):
                update.delete_column(name)
    if missing := [field for field in schema if field.name not in table.schema().column_names]:
        # Old files stay as they are: a column that they lack reads as null.
        wanted = pa.schema([field.with_nullable(True) for field in missing])
        with table.update_schema() as update:
            update.union_by_name(wanted)
    return table


def _ignoring(kind: type[Exception], step: Callable[[], object]) -> None:
    try:
        step()
    except kind:
        return


def _purge(catalog: Catalog, identifier: tuple[str, str]) -> None:
    try:
        catalog.purge_table(identifier)
    except NotImplementedError:
        catalog.drop_table(identifier)
