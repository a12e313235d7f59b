"""Lets the stack live under load and kills: `python -m benchmarks.soak [--minutes N]`.

The real supervisor with MongoDB, agent, follower and browser, in a throw-away home. A writer
appends 200 lines a second; the pipeline runs at ten times its hourly speed; backups run meanwhile.
In the first half a random process is killed every half minute; the second half is calm, as only a
process that lives long shows whether its memory and its handles grow. At the end every store is
compared with what was written.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil

from benchmarks.corpus import Row, table
from benchmarks.soak_writer import LINES_PER_SECOND, OUTPUT_TOKENS, Writer
from cca.mongo import archive
from cca.mongo.server import serving_mongo
from cca.ports import first_free
from cca.settings import Settings, child_environment

PARTS = "mongo,sync,follow,browser"
_RUN_SECONDS, _BACKUP_SECONDS, _KILL_SECONDS, _LOOK_SECONDS = 360.0, 480.0, 30.0, 5.0


@dataclass
class Sample:
    """What a program held at one moment; a new process id means that it was started again."""

    at: float
    pid: int
    memory_mb: float
    handles: int


@dataclass
class Soak:
    """The stack, and what happened to it."""

    settings: Settings
    folder: Path
    writer: Writer
    end: Event = field(default_factory=Event)
    calm: Event = field(default_factory=Event)
    kills: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def cca(self, *arguments: str, settings: Settings | None = None) -> tuple[int, str]:
        """A command's code and what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", "from cca.cli import main; main()", *arguments],
            env=child_environment((settings or self.settings).as_environment()),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout if not done.returncode else done.stderr

    def must(self, *arguments: str, settings: Settings | None = None) -> Any:
        """What a command with --json found; ends the soak where it fails."""
        code, said = self.cca(*arguments, settings=settings)
        if code:
            sys.exit(f"cca {' '.join(arguments)} ended with {code}: {said[-2000:]}")
        return json.loads(said) if "--json" in arguments else said


def every(soak: Soak, seconds: float, act: Callable[[], None]) -> Thread:
    """Repeat something until the end of the soak, in a thread of its own."""

    def repeat() -> None:
        while not soak.end.wait(seconds):
            act()

    thread = Thread(target=repeat)
    thread.start()
    return thread


def kill_one(soak: Soak, chance: random.Random) -> None:
    """Kill a random process of the stack or of the running pipeline, as the kernel would."""
    if soak.calm.is_set():
        return
    running = programs(soak)
    with suppress(psutil.Error, IndexError):
        name = chance.choice(sorted(running))
        running[name].kill()
        soak.kills[name] += 1


def programs(soak: Soak) -> dict[str, psutil.Process]:
    """The processes that do the work, by what they do."""
    found: dict[str, psutil.Process] = {}
    home = str(soak.settings.cca_home)
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        with suppress(psutil.Error):
            if "mongod" in Path((command or [""])[0]).name and home in " ".join(command):
                found["mongod"] = process
            elif command[-1:] == ["pipeline"] and process.ppid() == os.getpid():
                found["pipeline"] = process
    for row in json.loads(soak.cca("status", "--json")[1] or "{}").get("rows", []):
        if row.get("pid") and row["program"] not in found:
            with suppress(psutil.Error):
                found[row["program"]] = psutil.Process(row["pid"])
    return found


def look(soak: Soak) -> None:
    """Note memory and open handles of each program, and open the list's page as a person would."""
    with suppress(OSError):
        page = f"http://127.0.0.1:{soak.settings.browser_port}/"
        urllib.request.urlopen(page, timeout=10).read()
    for name, process in programs(soak).items():
        with suppress(psutil.Error):
            sample = Sample(
                time.monotonic(),
                process.pid,
                process.memory_info().rss / 1e6,
                process.num_fds(),
            )
            soak.samples.setdefault(name, []).append(sample)


def command(soak: Soak, *arguments: str) -> None:
    """Run a command that may be killed, or meet a MongoDB that was."""
    code, said = soak.cca(*arguments)
    soak.commands[arguments[0]] += 1
    if code:
        soak.failed[arguments[0]] += 1
        sys.stderr.write(f"{arguments[0]} ended with {code}: {said.strip()[-300:]}\n")


def run(soak: Soak, minutes: float) -> None:
    """Write, kill, run and back up for so long; then let all that waits arrive."""
    chance = random.Random(1)  # noqa: S311
    soak.must("up", "--only", PARTS)
    writer = Thread(target=soak.writer.run, args=(soak.end,))
    writer.start()
    threads = [
        every(soak, _LOOK_SECONDS, lambda: look(soak)),
        every(soak, _KILL_SECONDS, lambda: kill_one(soak, chance)),
        every(soak, _RUN_SECONDS, lambda: command(soak, "pipeline")),
        every(soak, _BACKUP_SECONDS, lambda: command(soak, "backup", str(soak.folder / "backup"))),
    ]
    time.sleep(minutes * 30)
    soak.calm.set()
    time.sleep(minutes * 30)
    soak.end.set()
    for thread in [writer, *threads]:
        thread.join()


def settle(soak: Soak) -> None:
    """Wait until the agent has sent all and the index holds it."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        arrived = counted(soak.settings)[0] >= soak.writer.lines
        if arrived and soak.must("search", "soaked", "--json")["total"] >= soak.writer.lines:
            return
        time.sleep(2)


def counted(settings: Settings) -> tuple[int, int]:
    """How many documents an archive holds, and how many different entries."""
    with serving_mongo(settings) as uri, archive.connect(uri) as client:
        documents = archive.conversations(client, settings)
        found = documents.aggregate([{"$group": {"_id": "$uuid"}}, {"$count": "n"}])
        return documents.count_documents({}), next(iter(found), {"n": 0})["n"]


def compared(soak: Soak) -> list[Row]:
    """Every store against what was written; `goal` is what it must be."""
    documents, entries = counted(soak.settings)
    soak.must("pipeline")
    usage = soak.must("usage", "daily", "--json")["totals"]
    found = soak.must("search", "soaked", "--json")["total"]
    soak.must("backup", str(soak.folder / "backup"))
    again = soak.settings.model_copy(update={"cca_home": soak.folder / "restored"})
    soak.must("restore", str(soak.folder / "backup"), settings=again)
    restored = counted(again)
    return [
        Row("lines written, documents in MongoDB", f"{documents:,}", f"{soak.writer.lines:,}"),
        Row("— different entries", f"{entries:,}", f"{soak.writer.lines:,}"),
        Row("answers in gold", f"{usage['api_messages']:,}", f"{soak.writer.answers:,}"),
        Row(
            "output tokens in gold",
            f"{usage['output_tokens']:,}",
            f"{soak.writer.answers * OUTPUT_TOKENS:,}",
        ),
        Row("found by search", f"{found:,}", f"{soak.writer.lines:,}"),
        Row("documents in the restored backup", f"{restored[0]:,}", f"{soak.writer.lines:,}"),
        Row("— different entries", f"{restored[1]:,}", f"{soak.writer.lines:,}"),
    ]


def held(samples: list[Sample]) -> str:
    """Memory and handles of the last process, in the first and the last fifth of its life."""
    last = [one for one in samples if one.pid == samples[-1].pid]
    part = max(1, len(last) // 5)

    def mean(chosen: list[Sample]) -> str:
        memory = sum(one.memory_mb for one in chosen) / len(chosen)
        return f"{memory:.0f} MB, {sum(one.handles for one in chosen) / len(chosen):.0f} handles"

    minutes = (last[-1].at - last[0].at) / 60
    # What it needed to start is no growth.
    return f"{mean(last[part : 2 * part] or last)} → {mean(last[-part:])} in {minutes:.0f} min"


def report(soak: Soak, minutes: float, rows: list[Row]) -> str:
    """Print what happened, what each program held, and what each store holds."""
    kills = ", ".join(f"{name} {count}" for name, count in sorted(soak.kills.items()))
    happened = [Row("killed", f"{sum(soak.kills.values())}: {kills}")]
    for name, count in sorted(soak.commands.items()):
        happened.append(Row(f"`cca {name}`", f"{count}, {soak.failed[name]} ended by a kill"))
    programs_held = [
        Row(name, held(samples))
        for name, samples in sorted(soak.samples.items())
        if name != "pipeline"
    ]
    title = f"{minutes:g} minutes, {LINES_PER_SECOND} lines a second"
    return "\n\n".join(
        [table(title, happened), table("held", programs_held), table("at the end", rows)]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="cca-soak-") as place:
        folder = Path(place)
        (folder / "projects").mkdir()
        settings = Settings(
            cca_home=folder / "home", claude_dir=str(folder / "projects"), mongo_uri="",
            browser_port=first_free(34200), health_port=first_free(34300), _env_file=None,
        )  # fmt: skip
        soak = Soak(settings, folder, Writer(folder / "projects"))
        try:
            run(soak, minutes)
            settle(soak)
            rows = compared(soak)
        finally:
            soak.cca("down")
    print(report(soak, minutes, rows))
    if wrong := [row.what for row in rows if row.measured != row.goal]:
        sys.exit(f"not equal: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
