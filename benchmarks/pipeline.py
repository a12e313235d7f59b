"""Times every step from transcript to gold on generated data: `python -m benchmarks.pipeline`.

Each step is the real command in a process of its own, in a throw-away CCA_HOME with its own mongod.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from cca.demo.generate import Truth, generate
from cca.mongo import archive
from cca.mongo.server import serving_mongo
from cca.settings import Settings

# A fixed date: the same arguments measure the same bytes on any day.
UNTIL = date(2026, 11, 1)
STEPS = {
    "sync": ["sync", "--once"],
    "extract": ["extract", "--json"],
    "load": ["load", "--json"],
    "transform": ["transform", "--json"],
    "publish": ["publish"],
}
MEASURES = (
    "api_messages", "input_tokens", "output_tokens", "cache_write_5m_tokens",
    "cache_write_1h_tokens", "cache_read_tokens", "cost_usd", "cost_usd_with_web_search",
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One step: what it took and what it brought through."""

    name: str
    wall_seconds: float
    cpu_seconds: float
    mongod_cpu_seconds: float
    peak_mb: float
    rows: int


@dataclass(frozen=True)
class Bench:
    """A throw-away home with its MongoDB and the sample's folder."""

    settings: Settings
    uri: str
    claude_dir: Path

    def command(self, arguments: list[str]) -> list[str]:
        """The real `cca`, under this home; everything else of the environment stays."""
        places = {
            "CCA_HOME": self.settings.cca_home,
            "CLAUDE_DIR": self.claude_dir,
            "MONGO_URI": self.uri,
            "CCA_HOST": "bench",
        }
        cca = Path(sys.executable).with_name("cca")
        return ["env", *(f"{name}={value}" for name, value in places.items()), str(cca), *arguments]

    def mongod_cpu_seconds(self) -> float:
        """The server works for the steps in a process that is not theirs."""
        with archive.connect(self.uri) as client:
            used = client.admin.command("serverStatus")["extra_info"]
        return float(used["user_time_us"] + used["system_time_us"]) / 1e6


def run_step(bench: Bench, name: str) -> tuple[Measured, str]:
    return run_command(bench, name, STEPS[name])


def run_command(bench: Bench, name: str, arguments: list[str]) -> tuple[Measured, str]:
    """Run one command and read its own resource usage; a failure ends the benchmark."""
    mongod_before = bench.mongod_cpu_seconds()
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(bench.command(arguments), stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        output.seek(0)
        printed = output.read()
    if process.returncode:
        sys.exit(f"{name} failed with exit code {process.returncode}:\n{printed}")
    mongod = bench.mongod_cpu_seconds() - mongod_before
    return _measured(name, wall, usage, mongod), printed


def _measured(name: str, wall: float, usage: resource.struct_rusage, mongod: float) -> Measured:
    # Linux counts the peak in KiB, macOS in bytes.
    unit = 1024 if sys.platform == "darwin" else 1
    peak_mb = usage.ru_maxrss / unit / 1024
    return Measured(name, wall, usage.ru_utime + usage.ru_stime, mongod, peak_mb, rows=0)


def run_all(bench: Bench) -> list[Measured]:
    measured, rows = [], 0
    for name in STEPS:
        print(f"{name} …", file=sys.stderr, flush=True)
        step, printed = run_step(bench, name)
        rows = _rows(bench, name, printed) or rows
        measured.append(Measured(**{**vars(step), "rows": rows}))
    return measured


def _rows(bench: Bench, name: str, printed: str) -> int | None:
    """Documents stored, rows written, rows loaded; dbt and publish work on what was loaded."""
    if name == "sync":
        with archive.connect(bench.uri) as client:
            return archive.conversations(client, bench.settings).estimated_document_count()
    if name == "extract":
        report = json.loads(printed)
        return int(report["documents"] + report["blocks"])
    return int(json.loads(printed)["rows_added"]) if name == "load" else None


def table(measured: list[Measured], size_mb: float) -> str:
    """The measurements as a Markdown table."""
    lines = [
        "| step | wall s | CPU s | mongod CPU s | MB/s | rows | rows/s | peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {step.name} | {step.wall_seconds:.1f} | {step.cpu_seconds:.1f} "
        f"| {step.mongod_cpu_seconds:.1f} | {size_mb / step.wall_seconds:.1f} | {step.rows:,} "
        f"| {step.rows / step.wall_seconds:,.0f} | {step.peak_mb:.0f} |"
        for step in measured
    ]
    wall, cpu, mongod = (
        sum(getattr(step, name) for step in measured)
        for name in ("wall_seconds", "cpu_seconds", "mongod_cpu_seconds")
    )
    lines.append(f"| all | {wall:.1f} | {cpu:.1f} | {mongod:.1f} | {size_mb / wall:.1f} | | | |")
    return "\n".join(lines)


def differences(bench: Bench, truth: Truth) -> list[str]:
    """Where `cca usage` disagrees with the sample's truth: fast and wrong is no result."""
    printed = subprocess.check_output(bench.command(["usage", "daily", "--json"]), text=True)
    # Money is a JSON number: as float it would not be exact.
    totals: dict[str, Any] = json.loads(printed, parse_float=Decimal)["totals"]
    expected = truth.as_json()["totals"]
    return [
        f"{name}: {totals[name]}, must be {expected[name]}"
        for name in MEASURES
        if Decimal(totals[name]) != Decimal(expected[name])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=40, help="sessions to generate (40)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample (1)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cca-bench-") as folder:
        home, sample = Path(folder, "home"), Path(folder, "sample")
        truth = generate(sample, options.sessions, options.seed, UNTIL)
        claude_dir = sample / "projects"
        size_mb = sum(file.stat().st_size for file in claude_dir.rglob("*.*")) / 1e6
        settings = Settings(cca_home=home, mongo_uri="", claude_dir=str(claude_dir), _env_file=None)
        with serving_mongo(settings) as uri:
            bench = Bench(settings, uri, claude_dir)
            measured = run_all(bench)
            wrong = differences(bench, truth)
    print(f"{options.sessions} sessions, {size_mb:.1f} MB, {os.cpu_count()} cores\n")
    print(table(measured, size_mb))
    if wrong:
        sys.exit("\nusage differs from the truth: " + "; ".join(wrong))
    print("\nusage equals the truth in every measure")


if __name__ == "__main__":
    main()
