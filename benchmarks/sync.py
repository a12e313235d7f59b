"""Times the sync agent on generated transcripts: `python -m benchmarks.sync [--mb N]`.

Each measure is the real agent in a process of its own, with its own mongod, in a throw-away home.
"""

import argparse
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cca.demo.generate import SESSION_MB, generate
from cca.mongo import archive
from cca.mongo.server import serving_mongo
from cca.settings import Settings, child_environment

# A fixed date: the same arguments measure the same bytes on any day.
UNTIL = date(2026, 11, 1)
FILES = 2000
APPENDS = 20
IDLE_SECONDS = 30
_PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, and what it should be at most."""

    what: str
    measured: str
    goal: str


@dataclass(frozen=True)
class Bench:
    """A throw-away home with its MongoDB and a CLAUDE_DIR."""

    settings: Settings
    uri: str

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = child_environment({**self.settings.as_environment(), "MONGO_URI": self.uri})
        command = [sys.executable, "-m", "cca.sync_agent", *arguments]
        return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    def count(self) -> int:
        with archive.connect(self.uri) as client:
            return archive.conversations(client, self.settings).count_documents({})

    def mongod_cpu_seconds(self) -> float:
        """The server works for the agent in a process that is not the agent's."""
        with archive.connect(self.uri) as client:
            used = client.admin.command("serverStatus")["extra_info"]
        return float(used["user_time_us"] + used["system_time_us"]) / 1e6


def first_pass(bench: Bench, size_mb: float) -> list[Row]:
    """Files to MongoDB, from an empty home."""
    before, started = bench.mongod_cpu_seconds(), time.perf_counter()
    usage = _finish(bench.start("--once"))
    wall = time.perf_counter() - started
    client = usage.ru_utime + usage.ru_stime
    server = bench.mongod_cpu_seconds() - before
    documents = bench.count()
    peak_mb = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1) / 1024
    per_gb = 1000 / size_mb
    return [
        Row(f"{size_mb:,.0f} MB of files to MongoDB, client CPU", f"{client:.1f} s", ""),
        Row("— server CPU", f"{server:.1f} s", ""),
        Row("— both, for 1 GB", f"{(client + server) * per_gb:.1f} s", "≤ 30 s"),
        Row("— documents", f"{documents:,}", ""),
        Row("— documents a CPU second", f"{documents / (client + server):,.0f}", "≥ 7,000"),
        Row("— wall", f"{wall:.1f} s", ""),
        Row("— peak memory", f"{peak_mb:.0f} MB", "≤ 200 MB"),
    ]


def _finish(process: subprocess.Popen[bytes]) -> resource.struct_rusage:
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the agent ended with {process.returncode}")
    return usage


def rescan(bench: Bench) -> Row:
    """A pass over files that did not change, without Python's own start."""
    program = (
        "import time; from cca.settings import get_settings as s;"
        "from cca.sync_agent.buffer import Buffer;"
        "from cca.sync_agent.intake import Intake;"
        "intake = Intake(Buffer(s().buffer_path), 'bench'); before = time.process_time();"
        "files = intake.scan(s().claude_dirs); changed = sum(map(intake.has_changed, files));"
        "print(len(files), changed, time.process_time() - before)"
    )
    environment = child_environment(bench.settings.as_environment())
    printed = subprocess.check_output([sys.executable, "-c", program], env=environment, text=True)
    files, changed, seconds = printed.split()
    if changed != "0":
        sys.exit(f"{changed} of {files} files changed under the benchmark")
    return Row(f"rescan of {files} unchanged files, CPU", f"{float(seconds):.3f} s", "< 0.2 s")


def running_agent(bench: Bench) -> list[Row]:
    """Latency of appended lines, and the CPU of an agent with nothing to do."""
    with _agent(bench) as pid:
        path = next(bench.settings.claude_dirs[0].rglob("*.jsonl"))
        latencies = sorted(_latency(bench, path, number) for number in range(APPENDS))
        time.sleep(2)
        before = _cpu_seconds(pid)
        time.sleep(IDLE_SECONDS)
        share = (_cpu_seconds(pid) - before) / IDLE_SECONDS
    middle, worst = latencies[len(latencies) // 2], latencies[-1]
    return [
        Row("100 lines appended, all in MongoDB, median", f"{middle:.3f} s", "≤ 0.3 s"),
        Row("— worst of 20", f"{worst:.3f} s", ""),
        Row(f"idle agent with {FILES:,} files, CPU", f"{share:.2%}", "< 1 %"),
    ]


@contextmanager
def _agent(bench: Bench) -> Iterator[int]:
    """The agent up, with everything delivered."""
    process = bench.start()
    url = f"http://127.0.0.1:{bench.settings.health_port}/health"
    try:
        _until(lambda: _is_settled(url), 120)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _is_settled(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
        health = json.load(answer)
        return bool(health["mongoConnected"] and not health["pending"] and health["filesTracked"])
    return False


def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("the agent did not come so far in time")
        time.sleep(0.05)


def _latency(bench: Bench, path: Path, number: int) -> float:
    """Seconds from the write until the last of a hundred lines can be read in MongoDB."""
    line = '{"type":"user","uuid":"bench-%d-%d","message":{"role":"user","content":"%s"}}\n'
    text = "".join(line % (number, n, "words " * 50) for n in range(100))
    with archive.connect(bench.uri) as client:
        collection = archive.conversations(client, bench.settings)
        before = archive.server_time(collection.database)
        last = {"ingestedAt": {"$gte": before}, "uuid": f"bench-{number}-99"}
        started = time.perf_counter()
        with path.open("a") as file:
            file.write(text)
        while collection.find_one(last, {"_id": 1}) is None:
            if time.perf_counter() - started > _PATIENCE_SECONDS:
                sys.exit(f"appended lines did not arrive within {_PATIENCE_SECONDS} s")
            time.sleep(0.005)
        taken = time.perf_counter() - started
        names = {"$in": [f"bench-{number}-{n}" for n in range(100)]}
        if collection.count_documents({"uuid": names}, hint=[("eventAt", -1)]) != len(range(100)):
            sys.exit("the last line came before the others")
    return taken


def _cpu_seconds(pid: int) -> float:
    """User and system time of a running process; `ps` where there is no /proc."""
    if sys.platform == "linux":
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    printed = subprocess.check_output(["ps", "-o", "time=", "-p", str(pid)], text=True)  # noqa: S607
    minutes, seconds = printed.strip().rsplit(":", 1)
    return int(minutes) * 60 + float(seconds)


def small_files(folder: Path) -> None:
    """Many sessions of a few lines each."""
    for number in range(FILES):
        path = folder / f"-p{number % 40}" / f"{number:08}-0000-4000-8000-000000000000.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f'{{"type":"user","uuid":"{number}-{n}"}}\n' for n in range(5)))


def measure(folder: Path, size_mb: int) -> list[Row]:
    generate(folder / "sample", max(round(size_mb / (SESSION_MB * 1.2)), 1), 7, UNTIL)
    small_files(folder / "many")
    rows: list[Row] = []
    mongo = Settings(cca_home=folder / "mongo-home", mongo_uri="", _env_file=None)
    with serving_mongo(mongo) as uri:
        bench = Bench(_settings(folder, "sample", folder / "sample" / "projects"), uri)
        total = sum(path.stat().st_size for path in (folder / "sample").rglob("*.*")) / 1e6
        rows += first_pass(bench, total)
        bench = Bench(_settings(folder, "many", folder / "many"), uri)
        _finish(bench.start("--once"))
        rows.append(rescan(bench))
        rows += running_agent(bench)
    return rows


def _settings(folder: Path, name: str, claude_dir: Path) -> Settings:
    return Settings(
        cca_home=folder / f"{name}-home",
        claude_dir=str(claude_dir),
        mongo_db=f"bench_{name}",
        health_port=_free_port(),
        cca_host="bench",
        _env_file=None,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def table(rows: list[Row]) -> str:
    """The measurements as a Markdown table."""
    lines = ["| what | measured | goal |", "|---|---:|---:|"]
    return "\n".join(lines + [f"| {row.what} | {row.measured} | {row.goal} |" for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=250, help="size of the sample in MB (250)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cca-bench-sync-"))
    try:
        print(table(measure(folder, options.mb)))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
