"""Makes a CCA_HOME, a lake in Iceberg and a backup with an old version of cca.

`python -m tests.upgrade.old_home FOLDER` makes the same by hand, to look at it.

The old version runs in today's environment. Where a later requirement is one that it cannot use,
give it an environment of its own, from the constraints in its checkout.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cca.settings import PROJECT_DIR, Settings, child_environment
from tests.upgrade.versions import Cca, Said, ask

# The last commit before the packages were renamed and every rule got one place.
COMMIT = "97a313d1377b46231ba3bd8e3aeef3df3fffc380"
PACKAGE = "include"
HOST = "old-host"

BROKEN, WHOLE, GONE = (f"00000000-0000-4000-8000-00000000000{digit}" for digit in "abc")
# A program of the old version: the browser writes marks by this function, no command does.
_MARKS = """
import sys
from datetime import UTC, datetime
from include import annotations, archive
from include.settings import get_settings
uri, first, second, entry = sys.argv[1:]
at = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
marks = [
    annotations.Mark(first, is_starred=True, tags=("release", "größer"), by="ada", at=at),
    annotations.Mark(second, note="Ask Grace\\nabout <b>this</b>.", by="ada", at=at),
    annotations.Mark(first, entry=entry, is_starred=True, at=at),
]
with archive.connect(uri) as client:
    database = archive.database(client, get_settings())
    origin = database.conversations.find_one({"sessionId": first})
    for mark in marks:
        annotations.keep(database[archive.MARKS], mark, origin)
"""


class NoOldVersion(Exception):
    """The old commit cannot be had; the message says why."""


@dataclass(frozen=True)
class OldHome:
    """A home as the old version left it, and what that version said about it."""

    code: Path
    settings: Settings
    iceberg: Settings
    backup: Path
    truth: Mapping[str, Any]
    said: Said
    iceberg_usage: Mapping[str, Any]

    def old(self, settings: Settings) -> Cca:
        """The old version over any home, such as that of another machine."""
        return old_version(self.code, settings)


def check_out(folder: Path) -> Path:
    """Unpacks the old commit; raises NoOldVersion where the clone does not hold it."""
    if not (PROJECT_DIR / ".git").exists():
        raise NoOldVersion(f"{PROJECT_DIR} is no clone of the repository")
    git = ["git", "-C", str(PROJECT_DIR)]
    packed = subprocess.run([*git, "archive", COMMIT], capture_output=True, check=False)
    if packed.returncode:
        raise NoOldVersion(f"commit {COMMIT[:7]} is not in this clone; `git fetch --unshallow`")
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return folder


def old_version(code: Path, settings: Settings) -> Cca:
    """The old `cca`; its folder comes first on the path, before any package of that name here."""
    environment = child_environment({**settings.as_environment(), "PYTHONPATH": str(code)})
    program = f"from {PACKAGE}.cli import main; main()"
    return Cca((sys.executable, "-c", program), environment, code)


def make(folder: Path) -> OldHome:
    """Makes everything in a new folder; takes about a minute of one core."""
    code = check_out(folder / "code")
    settings = settings_of(folder / "home", folder / "sample")
    cca = old_version(code, settings)
    _transcripts(cca, folder / "sample")
    with cca.mongo() as uri:
        cca.run("sync", "--once")
        cca.run("forget", "--session", GONE, "--yes")
        cca.run("pipeline")
        _mark(cca, uri)
        said = ask(cca, uri)
        cca.run("airflow", "prepare")
        cca.run("backup", str(folder / "backup"))
        # A second home over the same archive, as with a MongoDB that is elsewhere.
        iceberg = settings_of(folder / "iceberg", folder / "sample", uri, storage_format="iceberg")
        other = old_version(code, iceberg)
        other.run("pipeline")
        iceberg_usage = other.json("usage", "daily")
    truth = json.loads((folder / "sample" / "truth.json").read_text())
    return OldHome(code, settings, iceberg, folder / "backup", truth, said, iceberg_usage)


def settings_of(home: Path, sample: Path, uri: str = "", **changes: Any) -> Settings:
    """The settings of a home, under which any version runs."""
    return Settings(
        cca_home=home, claude_dir=str(sample / "projects"), cca_host=HOST, mongo_uri=uri,
        _env_file=None, **changes,
    )  # fmt: skip


def _transcripts(cca: Cca, sample: Path) -> None:
    """Writes the demo, a line that becomes a dead letter, and a session that will be forgotten."""
    cca.run("demo-data", "--out", str(sample), "--sessions", "12", "--until", "2026-11-01")
    own = sample / "projects" / "-srv-own"
    own.mkdir()
    (own / f"{BROKEN}.jsonl").write_text('{"type":"user","uuid":"broken\n')
    (own / f"{WHOLE}.jsonl").write_text(prompt(WHOLE, 1, "A layer that stays."))
    (own / f"{GONE}.jsonl").write_text(prompt(GONE, 1, "A layer that is forgotten."))


def prompt(session: str, number: int, text: str) -> str:
    """One line of a transcript: a prompt that a person typed."""
    entry = {
        "type": "user", "uuid": f"{session[-4:]}-{number}", "sessionId": session,
        "timestamp": f"2026-10-20T10:00:{number:02}.000Z", "cwd": "/srv/own",
        "message": {"role": "user", "content": text},
    }  # fmt: skip
    return json.dumps(entry) + "\n"


def answer(session: str, number: int, tokens: int) -> str:
    """One line of a transcript: an answer that carries its usage."""
    entry = {
        "type": "assistant", "uuid": f"{session[-4:]}-{number}", "sessionId": session,
        "timestamp": f"2026-10-20T10:00:{number:02}.000Z", "cwd": "/srv/own",
        "message": {
            "id": f"msg_{session[-4:]}_{number}", "role": "assistant", "model": "claude-opus-4-8",
            "content": [{"type": "text", "text": "Done."}],
            "usage": {"input_tokens": tokens, "output_tokens": 2 * tokens},
        },
    }  # fmt: skip
    return json.dumps(entry) + "\n"


def _mark(cca: Cca, uri: str) -> None:
    """Stars, tags and a note, on two sessions and on a message."""
    rows = cca.json("usage", "session")["rows"]
    first, second = (row["session_id"] for row in rows[:2])
    hit = cca.json("query", f"select entry_id from fct_messages where session_id = '{first}'")
    entry = hit["rows"][0]["entry_id"]
    arguments = (sys.executable, "-c", _MARKS, uri, first, second, entry)
    subprocess.run(arguments, env=dict(cca.environment), cwd=cca.folder, check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]).absolute())
