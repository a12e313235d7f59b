"""Asking the running follower for a rebuilt index: it alone may write one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def ask(search_dir: Path) -> None:
    _path(search_dir).touch()


def asked(search_dir: Path) -> bool:
    return _path(search_dir).exists()


@contextmanager
def answered(search_dir: Path) -> Iterator[bool]:
    """Whether a rebuild was asked for; the request stands until the rebuild is done."""
    is_asked = asked(search_dir)
    yield is_asked
    if is_asked:
        _path(search_dir).unlink(missing_ok=True)


def wait_for_answer(search_dir: Path) -> None:
    while asked(search_dir):
        time.sleep(0.2)


def _path(search_dir: Path) -> Path:
    return search_dir / "rebuild.asked"
