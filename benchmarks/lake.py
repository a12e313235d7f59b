"""Times extraction and load of both formats on generated data: `python -m benchmarks.lake`.

Each step is the real command in a process of its own, as in benchmarks.pipeline; CPU seconds leave
out what an idle run of the same command takes, which is the interpreter's start.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks.pipeline import Bench, run_command
from cca.demo.generate import generate
from cca.extract.fetch import server_time
from cca.mongo import archive
from cca.mongo.server import serving_mongo
from cca.settings import Settings

UNTIL = date(2026, 11, 1)
NEW_LINES = 100
# CPU seconds for 1 GB of transcripts, and what does not grow with it
GOALS_PER_GB = {"extract": 14.0, "load": 4.0}
INCREMENTAL_GOAL = 1.0
LAKE_RATIO_GOAL = 0.3
ICEBERG_RATIO_GOAL = 1.5


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds of a command, and its highest memory."""

    cpu: float
    wall: float
    peak_mb: float


def cost(bench: Bench, *arguments: str) -> Cost:
    done, _ = run_command(bench, " ".join(arguments), list(arguments))
    return Cost(done.cpu_seconds, done.wall_seconds, done.peak_mb)


def measure(bench: Bench, storage_format: str) -> dict[str, Cost]:
    """A cold run, an idle one, and one after a few new lines, minutes after the cold one."""
    chosen = ("--format", storage_format, "--json")
    costs = {step: cost(bench, step, *chosen) for step in ("extract", "load")}
    costs |= {f"{step}, idle": cost(bench, step, *chosen) for step in ("extract", "load")}
    add_lines(bench)
    costs |= {f"{step}, +{NEW_LINES}": cost(bench, step, *chosen) for step in ("extract", "load")}
    return costs


def add_lines(bench: Bench) -> None:
    """Documents as the agent would have stored them just now."""
    with archive.connect(bench.uri) as client:
        collection = archive.conversations(client, bench.settings)
        now = server_time(collection) - timedelta(seconds=1)
        copies = list(collection.find({"type": "user"}).limit(NEW_LINES))
        for number, document in enumerate(copies):
            document |= {"_id": os.urandom(16).hex(), "sourceOffset": 10**9 + number}
            document |= {"eventAt": now, "ingestedAt": now}
        collection.insert_many(copies)


def net(costs: dict[str, Cost], step: str) -> float:
    """CPU seconds of a cold step beyond an idle run of it, which is mostly Python's start."""
    return costs[step].cpu - costs[f"{step}, idle"].cpu


def lake_bytes(bench: Bench) -> int:
    """Parquet files of the plain lake."""
    lake = bench.settings.lake_dir
    datasets = ("conversations", "content_blocks", "rejects")
    return sum(
        path.stat().st_size for name in datasets for path in (lake / name).rglob("*.parquet")
    )


def report(size_mb: float, costs: dict[str, dict[str, Cost]], lake_mb: float) -> str:
    lines = ["| step | format | CPU s | wall s | peak MB |", "|---|---|---:|---:|---:|"]
    lines += [
        f"| {step} | {name} | {one.cpu:.2f} | {one.wall:.2f} | {one.peak_mb:.0f} |"
        for name, steps in costs.items()
        for step, one in steps.items()
    ]
    lines += ["", "| figure | measured | goal |", "|---|---:|---:|"]
    lines += [
        f"| {name} | {value:.2f} | {goal:.2f} |"
        for name, value, goal in figures(size_mb, costs, lake_mb)
    ]
    return "\n".join(lines)


def figures(
    size_mb: float, costs: dict[str, dict[str, Cost]], lake_mb: float
) -> list[tuple[str, float, float]]:
    """What the goals speak of; per GB is extrapolated from the size measured."""
    plain, iceberg = costs["parquet"], costs["iceberg"]
    found = [
        (f"{step}: CPU s per GB (extrapolated)", net(plain, step) * 1000 / size_mb, goal)
        for step, goal in GOALS_PER_GB.items()
    ]
    new = sum(plain[f"{step}, +{NEW_LINES}"].cpu - plain["start"].cpu for step in GOALS_PER_GB)
    found.append((f"+{NEW_LINES} lines: CPU s of extract and load", new, INCREMENTAL_GOAL))
    found.append(("lake's bytes of the source's", lake_mb / size_mb, LAKE_RATIO_GOAL))
    ratio = sum(iceberg[step].cpu for step in GOALS_PER_GB) / sum(
        plain[step].cpu for step in GOALS_PER_GB
    )
    return [*found, ("Iceberg's CPU of Parquet's, cold", ratio, ICEBERG_RATIO_GOAL)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=40, help="sessions to generate (40)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample (1)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cca-bench-") as folder:
        home, sample = Path(folder, "home"), Path(folder, "sample")
        print("generate …", file=sys.stderr)
        generate(sample, options.sessions, options.seed, UNTIL)
        claude_dir = sample / "projects"
        size_mb = sum(file.stat().st_size for file in claude_dir.rglob("*.*")) / 1e6
        settings = Settings(cca_home=home, mongo_uri="", claude_dir=str(claude_dir), _env_file=None)
        with serving_mongo(settings) as uri:
            bench = Bench(settings, uri, claude_dir)
            print("sync …", file=sys.stderr)
            cost(bench, "sync", "--once")
            empty = cost(bench, "publish", "--help")
            costs = {}
            for name in ("parquet", "iceberg"):
                print(f"{name} …", file=sys.stderr)
                costs[name] = measure(bench, name)
                costs[name]["start"] = empty
                settings.warehouse_path.unlink()
            lake_mb = lake_bytes(bench) / 1e6
    print(f"{options.sessions} sessions, {size_mb:.1f} MB, {os.cpu_count()} cores\n")
    print(report(size_mb, costs, lake_mb))
    print(json.dumps({"load": os.getloadavg()}), file=sys.stderr)


if __name__ == "__main__":
    main()
