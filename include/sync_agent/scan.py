"""Finds every file to take in: the scan is the truth, notifications are only hints."""

import logging
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

log = logging.getLogger(__name__)

Kind = Literal["transcript", "agent-meta", "workflow", "tool-result"]

_LEFT_OVERS = re.compile(r"\.(?:orphaned|superseded|bak|backup)|~$")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as the scan saw it."""

    path: Path
    # The path as valid text: names on disk may be any bytes, SQLite and BSON take UTF-8 only.
    key: str
    root: Path
    kind: Kind
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


def kind_of(relative: Path) -> Kind | None:
    """What the file is, from its path under CLAUDE_DIR; None for files that are not taken."""
    name, folders = relative.name, relative.parts[:-1]
    if "backups" in folders or _LEFT_OVERS.search(name):
        return None
    if folders and folders[-1] == "tool-results":
        return "tool-result"
    if name.endswith(".jsonl"):
        return None if name == "journal.jsonl" else "transcript"
    if name.startswith("agent-") and name.endswith(".meta.json"):
        return "agent-meta"
    if name.startswith("wf_") and name.endswith(".json") and "workflows" in folders:
        return "workflow"
    return None


def look_at(path: Path, root: Path) -> FoundFile | None:
    """The file as it is now; None when it is gone or not to be taken."""
    kind = kind_of(path.relative_to(root))
    if kind is None:
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    # A FIFO of that name would block the agent for ever.
    if not stat.S_ISREG(status.st_mode):
        return None
    return FoundFile(
        path=path,
        key=os.fsencode(path).decode("utf-8", errors="replace"),
        root=root,
        kind=kind,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        inode=status.st_ino,
    )


def find_files(roots: Iterable[Path]) -> list[FoundFile]:
    """Every file to take under the folders, the longest untouched first."""
    found: dict[str, FoundFile] = {}
    for root in roots:
        for path in _walk(root):
            file = look_at(path, root)
            if file is not None:
                found.setdefault(file.key, file)
    return sorted(found.values(), key=lambda file: (file.mtime_ns, file.key))


def _walk(root: Path) -> Iterator[Path]:
    """Paths of the files below; linked folders are followed, each folder once."""
    visited: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            status = folder.stat()
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("cannot read %s (%s); see CLAUDE_DIR", folder, error.strerror)
            continue
        if (status.st_dev, status.st_ino) in visited:
            continue
        visited.add((status.st_dev, status.st_ino))
        for entry in entries:
            path = folder / entry.name
            if entry.is_dir():
                waiting.append(path)
            elif kind_of(path.relative_to(root)) is not None:
                yield path
