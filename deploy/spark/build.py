"""Builds the marts from the same lake with Spark: `python deploy/spark/build.py LAKE OUT`.

Runs in a venv with deploy/spark/requirements.txt, on this machine; on a cluster the same project
would run with dbt-spark's thrift or http method instead of the session made here.
"""

import json
import os
import runpy
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
DBT_DIR = CHECKOUT / "dbt"
# cca itself is not installed in this venv; this module of it needs only pyarrow.
RECORDS = CHECKOUT / "include" / "records.py"
# Times are UTC, and backslashes in patterns mean what they mean in DuckDB.
OPTIONS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parser.escapedStringLiterals": "true",
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.memory": "6g",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.legacy.createHiveTableByDefault": "false",
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


def started(folder: Path) -> SparkSession:
    """A session on this machine whose tables lie in the folder; dbt-spark finds and uses it."""
    builder = SparkSession.builder.master("local[*]").appName("cca")
    for name, value in OPTIONS.items():
        builder = builder.config(name, value)
    return builder.config("spark.sql.warehouse.dir", str(folder / "tables")).getOrCreate()


def show_lake(spark: SparkSession, lake: Path) -> None:
    """The live files of the lake as `raw`: only the manifest tells which they are."""
    manifest = json.loads((lake / "parquet-manifest.json").read_text())
    spark.sql("create database raw")
    for dataset, columns in runpy.run_path(str(RECORDS))["DATASETS"].items():
        live = [file["path"] for file in manifest["files"] if file["dataset"] == dataset]
        schema = from_arrow_schema(columns)
        if live:
            # A column that an older file lacks reads as null.
            rows = spark.read.schema(schema).parquet(*(str(lake / path) for path in live))
        else:
            rows = spark.createDataFrame([], schema)
        rows.createOrReplaceTempView(f"lake_{dataset}")
        spark.sql(
            f"create table raw.{dataset} using parquet as "
            f"select *, '' as lake_file, cast(1 as bigint) as load_seq from lake_{dataset}"
        )
        # A session's view would be shown among the tables of every schema.
        spark.catalog.dropTempView(f"lake_{dataset}")


def build(folder: Path) -> None:
    """dbt with --target spark: every model, and every test of it."""
    os.environ |= {  # noqa: TID251
        "DBT_PROJECT_DIR": str(DBT_DIR),
        "DBT_PROFILES_DIR": str(HERE),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    result = dbtRunner().invoke(
        ["build", "--target", "spark", "--full-refresh", "--exclude-resource-type", "unit_test"]
    )
    if not result.success:
        sys.exit("dbt failed on Spark; see the lines above")


def save_marts(spark: SparkSession, out: Path) -> None:
    for _, name, _ in spark.sql("show tables in marts").collect():
        spark.table(f"marts.{name}").coalesce(1).write.mode("overwrite").parquet(str(out / name))


def main() -> None:
    if len(sys.argv) != 3:  # noqa: PLR2004
        sys.exit(__doc__)
    lake, out = (Path(argument).resolve() for argument in sys.argv[1:])
    spark = started(out)
    show_lake(spark, lake)
    build(out)
    save_marts(spark, out / "marts")


if __name__ == "__main__":
    main()
