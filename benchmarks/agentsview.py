"""agentsview, fetched by pip into a temporary folder: its totals, its time and its size."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil

from benchmarks.ccusage import Key, Usage
from cca.settings import child_environment

VERSION = "0.46.1"
_DAILY = [
    "usage", "daily", "--all", "--breakdown", "--json", "--offline", "--no-sync",
    "--timezone", "UTC",
]  # fmt: skip


@dataclass(frozen=True)
class Agentsview:
    """The program with a home of its own; a daemon does its work."""

    program: Path
    environment: dict[str, str]

    @property
    def data(self) -> Path:
        """What it keeps."""
        return Path(self.environment["AGENTSVIEW_DATA_DIR"])

    def call(self, *arguments: str) -> str:
        """Run a command and return what it printed."""
        command = [str(self.program), *arguments]
        printed = subprocess.run(command, env=self.environment, check=True, capture_output=True)
        return printed.stdout.decode()

    def sync(self) -> tuple[float, float]:
        """Read what is new; wall and CPU seconds."""
        before, started = self._cpu_seconds(), time.perf_counter()
        self.call("sync")
        return time.perf_counter() - started, self._cpu_seconds() - before

    def totals(self) -> dict[Key, Usage]:
        """Its days by model, in UTC."""
        return {
            (row["date"], part["modelName"]): _usage(part)
            for row in json.loads(self.call(*_DAILY))["daily"]
            for part in row["modelBreakdowns"]
        }

    def _cpu_seconds(self) -> float:
        used = 0.0
        for process in self._daemons():
            times = process.cpu_times()
            used += times.user + times.system + times.children_user + times.children_system
        return used

    def _daemons(self) -> Iterator[psutil.Process]:
        place = str(self.program.parent.parent)
        for process in psutil.process_iter(["cmdline"]):
            if any(place in word for word in process.info["cmdline"] or []):
                yield process


@contextmanager
def installed(folder: Path, projects: Path) -> Iterator[Agentsview]:
    """The program in an environment of its own; its daemon is stopped at the end."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "agentsview")], check=True)
    binaries = folder / "agentsview" / "bin"
    wanted = [f"agentsview=={VERSION}", "--quiet", "--no-deps"]
    subprocess.run([str(binaries / "pip"), "install", *wanted], check=True)
    home = folder / "agentsview-home"
    home.mkdir()
    places = {
        "HOME": str(home),
        "AGENTSVIEW_DATA_DIR": str(home / "data"),
        "CLAUDE_PROJECTS_DIR": str(projects),
    }
    viewer = Agentsview(binaries / "agentsview", child_environment(places))
    try:
        yield viewer
    finally:
        viewer.call("daemon", "stop")


def _usage(part: dict[str, Any]) -> Usage:
    names = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens")
    cost = Decimal(part["cost"]["microdollars"]) / 1_000_000
    return Usage(tuple(part[name] for name in names), cost)
