"""Times cca beside agentsview and ccusage on the same files: `python -m benchmarks.race [--mb N]`.

`make bench-peers` runs it. Every program starts with nothing and sees nothing but the sample. CPU
is that of all processes of a program, its server and its daemon too. It fails if our numbers are
not those of the sample.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import agentsview, ccusage
from benchmarks.agentsview import Agentsview
from benchmarks.peers import summed
from benchmarks.pipeline import UNTIL, Bench, differences, run_command
from cca.demo.generate import SESSION_MB, generate
from cca.mongo.server import serving_mongo
from cca.settings import Settings

MORE_LINES = 100
_PIPELINE = ("extract", "load", "transform", "publish")


@dataclass(frozen=True)
class Line:
    """One line of the table; `mongod` is None where the server works for two at once."""

    what: str
    wall: float
    cpu: float
    mongod: float | None = None

    @property
    def all_cpu(self) -> float:
        return self.cpu + (self.mongod or 0)


def timed(bench: Bench, what: str, *command: str) -> Line:
    print(f"{what} …", file=sys.stderr, flush=True)
    done, _ = run_command(bench, what, [*command])
    return Line(what, done.wall_seconds, done.cpu_seconds, done.mongod_cpu_seconds)


def cold(bench: Bench) -> list[Line]:
    """Files to archive, lake, gold and search index; the index is made beside the pipeline."""
    synced = timed(bench, "sync", "sync", "--once")
    before, started = bench.mongod_cpu_seconds(), time.perf_counter()
    index = subprocess.Popen(bench.command(["rebuild", "search"]), stdout=subprocess.DEVNULL)
    steps = [timed(bench, name, name) for name in _PIPELINE]
    _, status, used = os.wait4(index.pid, 0)
    index.returncode = os.waitstatus_to_exitcode(status)
    if index.returncode:
        sys.exit(f"cca rebuild search ended with {index.returncode}")
    wall = time.perf_counter() - started
    parts = [
        synced,
        *(Line(step.what, step.wall, step.cpu) for step in steps),
        Line(
            "search index beside them; mongod for all five",
            wall,
            used.ru_utime + used.ru_stime,
            bench.mongod_cpu_seconds() - before,
        ),
    ]
    cpu, mongod = (sum(part.cpu for part in parts), sum(part.mongod or 0 for part in parts))
    return [*parts, Line("**cca, all**", synced.wall + wall, cpu, mongod)]


def warm(bench: Bench) -> list[Line]:
    """What a run costs that finds a hundred lines, and one that finds nothing."""
    added = f"+{MORE_LINES} lines"
    lines = []
    for number, what in enumerate([added, "nothing new"]):
        if what != "nothing new":
            append_lines(bench.claude_dir, number)
        lines += [
            timed(bench, f"{what}: {command[0]}", *command)
            for command in (["sync", "--once"], ["pipeline"])
        ]
    return lines


def append_lines(projects: Path, day: int) -> None:
    """A hundred more responses of the longest session, so many days after the sample."""
    path = max(projects.rglob("*.jsonl"), key=lambda each: each.stat().st_size)
    entries = map(json.loads, path.read_text().splitlines())
    pattern = next(entry for entry in entries if entry.get("type") == "assistant")
    at = datetime.combine(UNTIL, datetime.min.time(), UTC) + timedelta(days=day)
    with path.open("a") as file:
        for number in range(MORE_LINES):
            new = {
                "uuid": f"more-{day}-{number}",
                "requestId": f"req_more_{day}_{number}",
                "timestamp": f"{at + timedelta(seconds=number):%Y-%m-%dT%H:%M:%S.000Z}",
                "message": pattern["message"] | {"id": f"msg_more_{day}_{number}"},
            }
            file.write(json.dumps(pattern | new) + "\n")


def stores(settings: Settings) -> dict[str, float]:
    """Megabytes of each store on disk."""
    places = {
        "archive": settings.mongo_dir,
        "lake": settings.lake_dir,
        "search index": settings.search_dir,
        "warehouse": settings.warehouse_path.parent,
        "gold": settings.gold_dir,
    }
    return {name: folder_mb(path) for name, path in places.items()}


def folder_mb(path: Path) -> float:
    """What the files take on the disk, which is less than their size where they have holes."""
    files = (each for each in path.rglob("*") if each.is_file())
    return sum(each.stat().st_blocks * 512 for each in files) / 1e6


def of_agentsview(viewer: Agentsview, what: str) -> Line:
    print(f"{what} …", file=sys.stderr, flush=True)
    wall, cpu = viewer.sync()
    return Line(what, wall, cpu)


def of_ccusage(program: Path, sample: Path) -> Line:
    before, started = os.times(), time.perf_counter()
    ccusage.theirs(program, sample)
    wall, after = time.perf_counter() - started, os.times()
    used = after.children_user + after.children_system
    cpu = used - before.children_user - before.children_system
    return Line(f"ccusage {ccusage.VERSION}, tokens and cost alone", wall, cpu)


def table(lines: list[Line], whole: Line) -> str:
    """The measurements as a Markdown table; ratios are to `whole`."""
    rows = [
        "| | wall s | CPU s | mongod CPU s | wall, ratio | CPU, ratio |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for line in lines:
        mongod = "" if line.mongod is None else f"{line.mongod:.1f}"
        ratios = f"{line.wall / whole.wall:.2f} | {line.all_cpu / whole.all_cpu:.2f}"
        rows.append(f"| {line.what} | {line.wall:.1f} | {line.cpu:.1f} | {mongod} | {ratios} |")
    return "\n".join(rows)


def disk_table(own: Mapping[str, float], peer_mb: float, source_mb: float) -> str:
    sizes = {**own, "**cca, all**": sum(own.values()), "agentsview": peer_mb}
    rows = [f"| {name} | {mb:,.0f} | {mb / source_mb:.2f} |" for name, mb in sizes.items()]
    return "\n".join(["| on disk | MB | ÷ source |", "|---|---:|---:|", *rows])


def race(folder: Path, size_mb: float) -> list[str]:
    """Print the tables; returns where our numbers are not those of the sample."""
    sample = folder / "sample"
    truth = generate(sample, max(1, round(size_mb / SESSION_MB)), 1, UNTIL)
    projects = sample / "projects"
    source_mb = sum(each.stat().st_size for each in projects.rglob("*.*")) / 1e6
    settings = Settings(
        cca_home=folder / "home", mongo_uri="", claude_dir=str(projects), _env_file=None
    )
    program = ccusage.install(folder, ccusage.VERSION)
    with serving_mongo(settings) as uri, agentsview.installed(folder, projects) as viewer:
        bench = Bench(settings, uri, projects)
        own = cold(bench)
        wrong = differences(bench, truth)
        kept = stores(settings)
        whole = of_agentsview(viewer, f"agentsview {agentsview.VERSION}")
        viewer_mb = folder_mb(viewer.data)
        cost = of_ccusage(program, sample)
        totals = {
            "cca": ccusage.ours(settings.gold_path),
            "agentsview": viewer.totals(),
            "ccusage": ccusage.theirs(program, sample),
        }
        again = warm(bench)
        more = of_agentsview(viewer, f"agentsview, +{2 * MORE_LINES} lines")
    print(f"{source_mb:,.0f} MB of transcripts, {os.cpu_count()} cores; ratios to agentsview\n")
    print(table([*own, whole, cost], whole), table([*again, more], more), sep="\n\n", end="\n\n")
    print(disk_table(kept, viewer_mb, source_mb), end="\n\n")
    print(*(f"{name}: {summed(each)}" for name, each in totals.items()), sep="\n")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=1100, help="size of the transcripts (1,100)")
    size_mb = parser.parse_args().mb
    with tempfile.TemporaryDirectory(prefix="cca-race-") as folder:
        wrong = race(Path(folder), size_mb)
    if wrong:
        sys.exit("usage differs from the truth: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
