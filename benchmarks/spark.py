"""Builds the marts of one generated lake with DuckDB and with Spark: `python -m benchmarks.spark`.

The lake is the same for both, and so must be every row. DuckDB's part is `cca load` and
`cca transform`, Spark's is deploy/spark/build.py in a venv with deploy/spark/requirements.txt.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psutil

from benchmarks.corpus import Corpus, corpus
from cca.settings import PROJECT_DIR, child_environment

BUILD = PROJECT_DIR / "deploy" / "spark" / "build.py"
# The results of builds are those of the warehouse; Spark has none.
_MARTS = "select table_name from duckdb_tables() where table_name <> 'fct_build_results' order by 1"
_POLL_SECONDS = 0.5
# Of floating-point numbers six decimals count, of amounts all but the last of ten.
_FLOAT_DIGIT = 2e-6
_LAST_DIGIT = Decimal("1e-10")


@dataclass(frozen=True)
class Mart:
    """One mart in both engines: its rows, and those that only one of the two has."""

    name: str
    rows: int
    differing: int


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds of a program and all it starts, and its highest memory in MB."""

    wall: float
    cpu: float
    peak_mb: float


def compare(gold_path: Path, spark_out: Path) -> list[Mart]:
    """Compare each mart of gold, row for row and column for column, with Spark's files."""
    with duckdb.connect(str(gold_path), read_only=True) as gold:
        gold.execute("set timezone = 'UTC'")
        names = [name for (name,) in gold.execute(_MARTS).fetchall()]
        return [_compared(gold, name, spark_out / "marts" / name) for name in names]


def _compared(gold: duckdb.DuckDBPyConnection, mart: str, files: Path) -> Mart:
    described = gold.execute(f"describe marts.{mart}").fetchall()
    named = [(f'"{name}"', kind) for name, kind, *_ in described]
    ours = ", ".join(_rounded(name, kind) for name, kind in named)
    theirs = ", ".join(_rounded(f"cast({name} as {kind})", kind) for name, kind in named)
    mine, spark = (
        f"select {ours} from marts.{mart}",
        f"select {theirs} from read_parquet('{files}/*.parquet')",
    )
    left, right = (
        sorted(gold.execute(f"({one}) except all ({other})").fetchall(), key=_exact)
        for one, other in ((mine, spark), (spark, mine))
    )
    apart = sum(not _is_close(*pair) for pair in zip(left, right, strict=False))
    rows = gold.execute(f"select count(*) from marts.{mart}").fetchall()[0][0]
    return Mart(mart, rows, 2 * apart + abs(len(left) - len(right)))


def _exact(row: tuple[Any, ...]) -> str:
    """What must be the same in two rows that are compared; the rest in its order."""
    return repr([value for value in row if not isinstance(value, float | Decimal)]) + repr(row)


def _is_close(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Engines divide and sum in different ways: halves of the last digit may go up or down."""
    return all(
        a == b
        or (isinstance(a, float) and isinstance(b, float) and abs(a - b) < _FLOAT_DIGIT)
        or (isinstance(a, Decimal) and isinstance(b, Decimal) and abs(a - b) <= _LAST_DIGIT)
        for a, b in zip(one, other, strict=True)
    )


def _rounded(expression: str, kind: str) -> str:
    return f"round({expression}, 6)" if kind == "DOUBLE" else expression


def cost(process: subprocess.Popen[bytes]) -> Cost:
    """Wait for a program; ends the benchmark where it fails.

    Spark's work is done by a Java program that nobody waits for, so each process is asked while it
    runs.
    """
    started, peak = time.perf_counter(), 0.0
    used: dict[int, float] = {}
    while process.poll() is None:
        resident = 0
        for pid, cpu, memory in _family(process.pid):
            used[pid] = cpu
            resident += memory
        peak = max(peak, resident / 1e6)
        time.sleep(_POLL_SECONDS)
    if process.returncode:
        sys.exit(f"{process.args!r} ended with {process.returncode}")
    return Cost(time.perf_counter() - started, sum(used.values()), peak)


def _family(pid: int) -> Iterator[tuple[int, float, int]]:
    try:
        first = psutil.Process(pid)
        family = [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for one in family:
        try:
            times = one.cpu_times()
            yield one.pid, times.user + times.system, one.memory_info().rss
        except psutil.NoSuchProcess:
            continue


def measure(made: Corpus, python: str, out: Path) -> dict[str, Cost]:
    """Run both engines over the lake, one after the other."""
    costs = {"extract (both)": cost(made.start("extract"))}
    costs["DuckDB: load"] = cost(made.start("load"))
    costs["DuckDB: transform"] = cost(made.start("transform"))
    made.run("publish")
    with (out / "spark.log").open("wb") as log:
        spark = subprocess.Popen(
            [python, str(BUILD), str(made.settings.lake_dir), str(out)],
            cwd=out, stdout=log, stderr=log, env=child_environment({}),
        )  # fmt: skip
        costs["Spark: raw, dbt with its tests, marts as files"] = cost(spark)
    return costs


def report(made: Corpus, costs: dict[str, Cost], marts: list[Mart]) -> str:
    """Both tables as Markdown."""
    equal = sum(not mart.differing for mart in marts)
    rows = sum(mart.rows for mart in marts)
    lines = [
        f"{made.size_mb:,.0f} MB of transcripts, {made.documents:,} documents\n",
        "| step | wall s | CPU s | peak MB |",
        "|---|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {one.wall:.0f} | {one.cpu:.0f} | {one.peak_mb:,.0f} |"
        for name, one in costs.items()
    ]
    lines += ["", f"{equal} of {len(marts)} marts equal, {rows:,} rows"]
    lines += [f"{mart.name}: {mart.differing} rows differ" for mart in marts if mart.differing]
    empty = [mart.name for mart in marts if not mart.rows]
    return "\n".join([*lines, f"without rows: {', '.join(empty) or 'none'}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", help="Python of a venv with deploy/spark/requirements.txt")
    parser.add_argument("out", type=Path, help="folder for Spark's tables and marts")
    parser.add_argument("--mb", type=float, default=250, help="MB of transcripts (250)")
    options = parser.parse_args()
    options.out.mkdir(parents=True)
    with corpus(options.mb) as made:
        print("generated", file=sys.stderr, flush=True)
        costs = measure(made, options.python, options.out.resolve())
        # It stays beside Spark's marts for a closer look.
        shutil.copy(made.settings.gold_path, options.out / "gold.duckdb")
        marts = compare(options.out / "gold.duckdb", options.out)
        print(report(made, costs, marts))
    if any(mart.differing for mart in marts):
        sys.exit(1)


if __name__ == "__main__":
    main()
