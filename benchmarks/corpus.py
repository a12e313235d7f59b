"""An archive of generated transcripts in a throw-away home, for benchmarks that read it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from resource import struct_rusage

from cca.demo.generate import SESSION_MB, generate
from cca.mongo import archive
from cca.mongo.server import serving_mongo
from cca.ports import first_free
from cca.settings import Settings, child_environment

# A fixed date: the same arguments measure the same bytes on any day.
UNTIL = date(2026, 11, 1)


@dataclass(frozen=True)
class Row:
    """One line of a table: what was measured, and what it should be at most."""

    what: str
    measured: str
    goal: str = ""


@dataclass(frozen=True)
class Corpus:
    """The archive; `size_mb` is that of the transcripts it was made from."""

    settings: Settings
    size_mb: float
    documents: int

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """A `cca` command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", "from cca.cli import main; main()", *command],
            env=child_environment(self.settings.as_environment()),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def run(self, *command: str) -> struct_rusage:
        """What the command used; ends the benchmark where it fails."""
        process = self.start(*command)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"cca {' '.join(command)} ended with {process.returncode}")
        return usage


@contextmanager
def corpus(size_mb: float) -> Iterator[Corpus]:
    with tempfile.TemporaryDirectory(prefix="cca-bench-") as place:
        projects = Path(place) / "projects"
        generate(projects, sessions=max(1, round(size_mb / SESSION_MB)), seed=7, until=UNTIL)
        size = sum(path.stat().st_size for path in projects.rglob("*.jsonl")) / 1e6
        settings = Settings(
            cca_home=Path(place) / "home", claude_dir=str(projects), mongo_uri="",
            browser_port=first_free(34000), health_port=first_free(34100), _env_file=None,
        )  # fmt: skip
        with serving_mongo(settings) as uri:
            settings = settings.model_copy(update={"mongo_uri": uri})
            made = Corpus(settings, size, 0)
            made.run("sync", "--once")
            with archive.connect(uri) as client:
                count = archive.conversations(client, settings).count_documents({})
            yield Corpus(settings, size, count)


def table(title: str, rows: list[Row]) -> str:
    lines = [f"| {title} | measured | goal |", "|---|---:|---:|"]
    return "\n".join([*lines, *(f"| {row.what} | {row.measured} | {row.goal} |" for row in rows)])
