"""What is made of the archive: the lake, the warehouse and the gold file."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from cca.settings.base import HomeSettings, OwnPath, own_path
from cca.settings.duckdb_names import require_without, wrong_name


class LakeSettings(HomeSettings):
    """The lake."""

    storage_format: Literal["parquet", "iceberg"] = Field(
        "parquet", description="Storage format of the lake."
    )
    iceberg_warehouse_path: str = Field(
        "",
        description="Where Iceberg's files are: a folder, or an address such as "
        "s3://bucket/lake; $CCA_HOME/lake/iceberg by default.",
    )
    iceberg_catalog_type: str = Field(
        "sql", description="Kind of the Iceberg catalog, as pyiceberg names it: sql, rest, glue, …"
    )
    iceberg_catalog_uri: str = Field(
        "", description="Address of the Iceberg catalog; an SQLite file in $CCA_HOME by default."
    )
    iceberg_catalog_name: str = Field("default", description="Name of the Iceberg catalog.")
    iceberg_namespace: str = Field("analytics", description="Namespace of the Iceberg tables.")
    iceberg_table_name: str = Field("conversations", description="Iceberg table of the entries.")

    @field_validator("iceberg_warehouse_path")
    @classmethod
    def _own_or_address(cls, given: str) -> str:
        return given if "://" in given or not given else str(own_path(Path(given)))

    @property
    def lake_dir(self) -> Path:
        return self.cca_home / "lake"

    @property
    def iceberg_warehouse(self) -> str:
        """Folder or address of Iceberg's files."""
        return self.iceberg_warehouse_path or str(self.lake_dir / "iceberg")


class WarehouseSettings(HomeSettings):
    """The warehouse and published data."""

    duckdb_path: OwnPath | None = Field(
        None, description="The warehouse; $CCA_HOME/warehouse/analytics.db by default."
    )
    prices_file: OwnPath | None = Field(
        None,
        description="CSV of your own model prices, which replace those of the list (see "
        "docs/tokens-and-cost.md).",
    )
    dbt_target: str = Field("dev", description="Target of dbt/profiles.yml.")
    gold_postgres_uri: str = Field(
        "",
        description="A Postgres that each publish copies the marts to, such as "
        "postgresql://cca:password@host/analytics.",
    )
    gold_ducklake_uri: str = Field(
        "",
        description="Catalog of a DuckLake that each publish copies the marts to, such as "
        "ducklake:postgres:dbname=lake host=db, or ducklake:/data/gold.ducklake.",
    )
    gold_ducklake_data: str = Field(
        "",
        description="Where that DuckLake keeps its Parquet files: a folder, or an address such as "
        "s3://bucket/gold; beside a catalog that is a file by default.",
    )

    @field_validator("duckdb_path")
    @classmethod
    def _usable_name(cls, path: Path | None) -> Path | None:
        if path and (reason := wrong_name(path)):
            raise ValueError(reason)
        return path

    @property
    def warehouse_path(self) -> Path:
        return self.duckdb_path or self.cca_home / "warehouse" / "analytics.db"

    def require_usable_paths(self) -> None:
        """Check the folders of warehouse and gold; an agent alone needs neither.

        Raises:
            SettingError: A folder has a sign that ends a path for DuckDB or dbt.

        """
        # DuckDB reads what follows a `?` as options, dbt ends a path at `?` and `#`.
        require_without("?", self.gold_dir, "CCA_HOME")
        setting = "DUCKDB_PATH" if self.duckdb_path else "CCA_HOME"
        require_without("?#", self.warehouse_path, setting)

    @property
    def gold_dir(self) -> Path:
        return self.cca_home / "gold"

    @property
    def gold_path(self) -> Path:
        """The published gold file: a symbolic link that each publish moves on."""
        return self.gold_dir / "current.duckdb"
