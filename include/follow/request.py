"""What the follower is told through its directory: to rebuild the index, to look more often."""

import time
import uuid
from contextlib import suppress
from pathlib import Path

from cca.files import replace_file

# A page that is looked at says so more often than this.
_WATCHED_SECONDS = 10.0


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


def watch(search_dir: Path) -> None:
    """Tell the follower that somebody waits for what is new; call it again every few seconds."""
    # Without an index there is no directory and nobody to tell; a reader may not write there.
    with suppress(OSError):
        _watched(search_dir).touch()


def is_watched(search_dir: Path) -> bool:
    """Return whether somebody has a page in view."""
    with suppress(OSError):
        return time.time() - _watched(search_dir).stat().st_mtime < _WATCHED_SECONDS
    return False


def _watched(search_dir: Path) -> Path:
    return search_dir / "watched"


def _directory(search_dir: Path) -> Path:
    return search_dir / "asked"
