"""The comparison of two engines' marts finds what differs, and forgives the last digit."""

from pathlib import Path

import duckdb
import pytest

from benchmarks.spark import compare

ROWS = "(1, 0.5, 0.0000000015, 'a'), (2, 1.25, 0.5, 'b')"


def marts(folder: Path, spark_rows: str) -> Path:
    """A gold file with one mart, and Spark's files of the same mart with these rows."""
    sql = (
        "select id, cast(share as double) as share, cast(usd as decimal(18, 10)) as usd, name "
        "from (values {}) as t(id, share, usd, name)"
    )
    files = folder / "marts" / "fct"
    files.mkdir(parents=True)
    with duckdb.connect(str(folder / "gold.duckdb")) as gold:
        gold.execute("create schema marts")
        gold.execute(f"create table marts.fct as {sql.format(ROWS)}")
        gold.execute(f"copy ({sql.format(spark_rows)}) to '{files}/part.parquet'")
    return folder / "gold.duckdb"


@pytest.mark.parametrize(
    ("spark_rows", "differing"),
    [
        (ROWS, 0),
        ("(2, 1.25, 0.5, 'b'), (1, 0.5000001, 0.0000000016, 'a')", 0),
        ("(1, 0.5, 0.0000000025, 'a'), (2, 1.25, 0.5, 'b')", 2),
        ("(1, 0.6, 0.0000000015, 'a'), (2, 1.25, 0.5, 'b')", 2),
        ("(1, 0.5, 0.0000000015, 'A'), (2, 1.25, 0.5, 'b')", 2),
        ("(2, 1.25, 0.5, 'b')", 1),
    ],
    ids=["the same", "the last digit", "an amount", "a share", "a text", "a row too few"],
)
def test_only_what_differs_is_counted(tmp_path: Path, spark_rows: str, differing: int) -> None:
    (mart,) = compare(marts(tmp_path, spark_rows), tmp_path)
    assert (mart.name, mart.rows, mart.differing) == ("fct", 2, differing)
