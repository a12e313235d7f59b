"""Fixtures of the command line: a terminal, and a home in which everything was run once."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from cca.demo.generate import generate
from cca.extract.run import extract
from cca.extract.window import resolve
from cca.mongo import archive
from cca.pipeline import Options, run
from cca.settings import Settings
from cca.sync_agent.agent import sync_once
from tests.include.cli.terminal import Terminal

# A line that is no JSON, with a sequence that would clear a terminal.
BROKEN = b'{"type":"user","text":"\x1b[2J'
SESSION = "00000000-0000-4000-8000-00000000c1c1"


@dataclass(frozen=True)
class Filled:
    """A home with everything in it, and what the sample comes to."""

    settings: Settings
    totals: dict[str, Any]


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys, monkeypatch)


@pytest.fixture(scope="session")
def filled(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Conversations in the archive, in both lakes and in gold, and a dead letter."""
    folder = tmp_path_factory.mktemp("filled")
    truth = generate(folder / "sample", 3, 7, date(2026, 11, 1)).as_json()
    own = folder / "sample" / "projects" / "-srv-own" / f"{SESSION}.jsonl"
    own.parent.mkdir()
    prompt = {"role": "user", "content": "The quokka said \x1b[31mred\x1b[0m."}
    line = {"type": "user", "uuid": "own-1", "timestamp": "2026-10-20T10:00:00Z", "message": prompt}
    own.write_bytes(BROKEN + b"\n" + json.dumps(line).encode() + b"\n")
    settings = Settings(
        cca_home=folder / "home",
        claude_dir=str(folder / "sample" / "projects"),
        cca_host="desk",
        mongo_uri=mongo_uri,
        mongo_db=f"test_{uuid.uuid4().hex}",
        _env_file=None,
    )
    sync_once(settings, mongo_uri)
    window = resolve(since=None, until=None, full_backfill=False)
    run(settings, mongo_uri, Options(window))
    extract(settings.model_copy(update={"storage_format": "iceberg"}), mongo_uri, window)
    yield Filled(settings, truth["totals"])
    with archive.connect(mongo_uri) as client:
        client.drop_database(settings.mongo_db)
