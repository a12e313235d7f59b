"""Asking the running follower for a rebuilt index: it alone may write one."""

import time
import uuid
from pathlib import Path

from cca.files import replace_file


def ask(search_dir: Path) -> Path:
    """Ask for a rebuilt index; the file that this returns stands until it is built."""
    _directory(search_dir).mkdir(parents=True, exist_ok=True, mode=0o700)
    path = _directory(search_dir) / f"{uuid.uuid4().hex}.json"
    replace_file(path, b"null")
    return path


def requests(search_dir: Path) -> list[Path]:
    """Return the requests that are not done, each a file of its own so that none is lost."""
    return sorted(_directory(search_dir).glob("*.json"))


def is_asked(search_dir: Path) -> bool:
    """Return whether a request waits."""
    return any(_directory(search_dir).glob("*.json"))


def wait_for_answer(request: Path) -> None:
    """Return once the request is done."""
    while request.exists():
        time.sleep(0.2)


def _directory(search_dir: Path) -> Path:
    return search_dir / "asked"
