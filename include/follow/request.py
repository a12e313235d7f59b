"""Asking the running follower for a rebuilt index, or to forget: it alone may write one."""

import json
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from cca.files import replace_file
from cca.search.removal import Chosen


@dataclass(frozen=True)
class Request:
    """A file of its own, so that none is lost that is asked while another is being done."""

    path: Path
    chosen: Chosen | None

    def close(self) -> None:
        self.path.unlink(missing_ok=True)


def ask(search_dir: Path, chosen: Chosen | None = None) -> Path:
    """Ask for an index built anew; before that, what is `chosen` becomes unfindable.

    The file stands until that is done.
    """
    _directory(search_dir).mkdir(parents=True, exist_ok=True, mode=0o700)
    path = _directory(search_dir) / f"{uuid.uuid4().hex}.json"
    replace_file(path, json.dumps(asdict(chosen) if chosen else None).encode())
    return path


def requests(search_dir: Path) -> list[Request]:
    """What was asked and is not done."""
    return [
        Request(path, _chosen(path.read_text()))
        for path in sorted(_directory(search_dir).glob("*.json"))
    ]


def is_asked(search_dir: Path) -> bool:
    return any(_directory(search_dir).glob("*.json"))


def wait_for_answer(request: Path) -> None:
    while request.exists():
        time.sleep(0.2)


def _directory(search_dir: Path) -> Path:
    return search_dir / "asked"


def _chosen(content: str) -> Chosen | None:
    given = json.loads(content)
    return Chosen(**{**given, "ids": tuple(given["ids"])}) if given else None
