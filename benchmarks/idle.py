"""Weighs the idle stack on generated transcripts: `python -m benchmarks.idle [--mb N] [--full]`.

The real `cca up --light`, or `cca up` with Airflow, in a throw-away home. Memory is the
proportional set size of all processes together: what two share counts half for each.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from benchmarks.corpus import UNTIL, Row
from cca.demo.generate import SESSION_MB, generate
from cca.ports import first_free
from cca.settings import Settings, child_environment
from cca.stack import kind, processes, stack, supervisor
from cca.stack.programs import parts

IDLE_SECONDS = 60.0
# Longer than the follower needs to find that nothing comes any more.
_QUIET_SECONDS = 90.0
_SAMPLE_SECONDS = 0.5
_STEADY_SECONDS = 10.0
# Airflow's own titles, such as `airflow api_server -- host:…`, and command lines.
_COMMAND = re.compile(r"(?:^|/| )(?P<program>airflow|cca) (?P<name>[\w-]+)")


class Goals(NamedTuple):
    memory: str
    cpu: str


_GOALS = {True: Goals("≤ 600 MB", "≤ 2 %"), False: Goals("≤ 1300 MB", "≤ 4 %")}


def pss_mb(found: list[psutil.Process]) -> float:
    """Memory of these processes together, in MB; one that ended meanwhile has none."""
    total = 0
    for process in found:
        with suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total / 1e6


class Peak:
    """The largest memory of the stack while it works, looked at twice a second."""

    def __init__(self, settings: Settings) -> None:
        self.mb = 0.0
        self._settings = settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            # The first pipeline run is a child of `cca up`, and so of ours.
            ours = {*processes.ours(self._settings), *psutil.Process().children(recursive=True)}
            self.mb = max(self.mb, pss_mb(list(ours)))


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def idle(settings: Settings, seconds: float) -> list[Row]:
    """Memory and CPU while nothing happens, of all and of each program."""
    goals = _GOALS[kind.is_light(settings)]
    found = steady(settings)
    before = {each.pid: cpu_seconds(each) for each in found}
    started = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - started
    if steady(settings) != found:
        # One of the scheduler's times came: that was no idle minute.
        return idle(settings, seconds)
    share: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for each in found:
        share[title(each)] += (cpu_seconds(each) - before[each.pid]) / took * 100
        size[title(each)] += pss_mb([each])
    rows = [
        Row("idle: memory", f"{size.total():.0f} MB", goals.memory),
        Row("idle: CPU", f"{share.total():.2f} % of a core", goals.cpu),
    ]
    return rows + [
        Row(f"— {name}", f"{mb:.0f} MB, {share[name]:.2f} %") for name, mb in size.most_common()
    ]


def steady(settings: Settings) -> list[psutil.Process]:
    """All processes of the stack once none came or went for a while.

    Postgres' own come and go with what its clients ask, so they do not count for that.
    """
    found = processes.ours(settings)
    while True:
        time.sleep(_STEADY_SECONDS)
        now = processes.ours(settings)
        if lasting(now) == lasting(found):
            return now
        found = now


def lasting(found: list[psutil.Process]) -> set[psutil.Process]:
    return {each for each in found if not processes.runs(each, "postgres")}


def title(process: psutil.Process) -> str:
    if processes.runs(process, supervisor.LAUNCHER):
        return "supervisor"
    command = _COMMAND.search(" ".join(process.cmdline()))
    if command is None:
        return process.name()
    return f"`{command['program']} {command['name'].replace('_', '-')}`"


@contextmanager
def empty_home(folder: Path) -> Iterator[Settings]:
    bases = {"health_port": 19090, "browser_port": 13000, "airflow_port": 18080}
    ports = {name: first_free(base) for name, base in bases.items()}
    settings = Settings(
        cca_home=folder / "home",
        claude_dir=str(folder / "sample" / "projects"),
        mongo_uri="",
        _env_file=None,
        **ports,
    )
    try:
        yield settings
    finally:
        stack.take_down(settings, lambda _: None)


def cca(settings: Settings, *arguments: str) -> float:
    """Run a command of ours and return how long it took, in seconds."""
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "cca", *arguments],
        env=child_environment(settings.as_environment()),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - started


def measure(folder: Path, size_mb: float, command: list[str]) -> list[Row]:
    generate(folder / "sample", max(1, round(size_mb / SESSION_MB)), 1, UNTIL)
    with empty_home(folder) as settings:
        with Peak(settings) as first:
            seconds = cca(settings, *command)
        rows = [
            Row("first start, until the numbers are published", f"{seconds:.0f} s"),
            Row("— peak memory of the stack and the pipeline", f"{first.mb:.0f} MB"),
        ]
        time.sleep(_QUIET_SECONDS)
        rows += idle(settings, IDLE_SECONDS)
        cca(settings, "down")
        with Peak(settings) as again:
            seconds = cca(settings, *command)
        time.sleep(_QUIET_SECONDS)
        answering = ", ".join(part.name for part in parts(settings))
        return [
            *rows,
            Row(f"next start ({answering})", f"{seconds:.0f} s, peak {again.mb:.0f} MB"),
            *idle(settings, IDLE_SECONDS)[:2],
        ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=float, default=24)
    parser.add_argument("--full", action="store_true", help="with Airflow")
    options = parser.parse_args()
    command = ["up"] if options.full else ["up", "--light"]
    with tempfile.TemporaryDirectory(prefix="cca-idle-") as folder:
        rows = measure(Path(folder), options.mb, command)
    print(
        f"| `cca {' '.join(command)}`, {options.mb:g} MB, load {os.getloadavg()[0]:.0f} "
        "| measured | goal |\n|---|---:|---:|"
    )
    for row in rows:
        print(f"| {row.what} | {row.measured} | {row.goal} |")


if __name__ == "__main__":
    main()
