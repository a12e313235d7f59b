"""Weighs the light stack on generated transcripts: `python -m benchmarks.light [--mb N]`.

The real `cca up --light` in a throw-away home. Memory is the proportional set size of all processes
together: what two share counts half for each.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Self

import psutil

from benchmarks.corpus import UNTIL, Row
from cca.demo.generate import SESSION_MB, generate
from cca.ports import first_free
from cca.settings import Settings, child_environment
from cca.stack import processes, stack
from cca.stack.programs import parts

IDLE_SECONDS = 60.0
# Longer than the follower needs to find that nothing comes any more.
_QUIET_SECONDS = 90.0
_SAMPLE_SECONDS = 0.5


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
    expected = {program.name for part in parts(settings) for program in part.programs}
    # The supervisor, and the mongod that `cca mongo` starts, are there besides.
    while len(found := processes.ours(settings)) > len(expected) + 2:
        time.sleep(1)
    before = {each.pid: cpu_seconds(each) for each in found}
    started = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - started
    share = {each: (cpu_seconds(each) - before[each.pid]) / took * 100 for each in found}
    if {*processes.ours(settings)} != {*found}:
        # One of the scheduler's times came: that was no idle minute.
        return idle(settings, seconds)
    rows = [
        Row("idle: memory", f"{pss_mb(found):.0f} MB", "≤ 600 MB"),
        Row("idle: CPU", f"{sum(share.values()):.2f} % of a core", "≤ 2 %"),
    ]
    by_size = sorted(found, key=lambda each: -pss_mb([each]))
    return rows + [
        Row(f"— {title(each)}", f"{pss_mb([each]):.0f} MB, {share[each]:.2f} %") for each in by_size
    ]


def title(process: psutil.Process) -> str:
    words = process.cmdline()
    if processes.runs(process, "supervisor.supervisord"):
        return "supervisor"
    own = [word for before, word in pairwise(words) if before.endswith("/cca")]
    return f"`cca {own[0]}`" if own else process.name()


@contextmanager
def light_home(folder: Path) -> Iterator[Settings]:
    ports = {
        name: first_free(base)
        for name, base in {"health_port": 19090, "browser_port": 13000}.items()
    }
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


def measure(folder: Path, size_mb: float) -> list[Row]:
    generate(folder / "sample", max(1, round(size_mb / SESSION_MB)), 1, UNTIL)
    with light_home(folder) as settings:
        with Peak(settings) as first:
            seconds = cca(settings, "up", "--light")
        rows = [
            Row("first start, until the numbers are published", f"{seconds:.0f} s"),
            Row("— peak memory of the stack and the pipeline", f"{first.mb:.0f} MB"),
        ]
        time.sleep(_QUIET_SECONDS)
        rows += idle(settings, IDLE_SECONDS)
        cca(settings, "down")
        with Peak(settings) as again:
            seconds = cca(settings, "up", "--light")
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
    size_mb = parser.parse_args().mb
    with tempfile.TemporaryDirectory(prefix="cca-light-") as folder:
        rows = measure(Path(folder), size_mb)
    print(
        f"| the light stack, {size_mb:g} MB of transcripts, load {os.getloadavg()[0]:.0f} "
        "| measured | goal |\n|---|---:|---:|"
    )
    for row in rows:
        print(f"| {row.what} | {row.measured} | {row.goal} |")


if __name__ == "__main__":
    main()
