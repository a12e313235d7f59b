"""Finds every file to take in: the scan is the truth, notifications are only hints."""

import logging
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from cca.home import SPOOL_NAME

log = logging.getLogger(__name__)

Kind = Literal["transcript", "limits", "agent-meta", "workflow", "tool-result"]
# Files of lines, which grow; the others are small and read as a whole.
OF_LINES = frozenset({"transcript", "limits"})

# What other programs leave behind; `._x` is what macOS writes beside x on a foreign disk.
_LEFT_OVERS = re.compile(r"^\._|\.(?:orphaned|superseded|bak|backup)|~$")


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


def kind_of(relative: PurePath) -> Kind | None:
    """What the file is, from its path under CLAUDE_DIR; None for files that are not taken."""
    return _kind(relative.name, relative.parts[:-1])


def _is_spool(root: Path) -> bool:
    """Whether status lines of this machine write there, and not Claude Code."""
    return root.name == SPOOL_NAME


def _kind_in_spool(name: str) -> Kind | None:
    return "limits" if name.endswith(".jsonl") else None


def _kind(name: str, folders: tuple[str, ...]) -> Kind | None:
    if "backups" in folders or "memory" in folders[1:] or _LEFT_OVERS.search(name):
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
    relative = path.relative_to(root)
    kind = _kind_in_spool(relative.name) if _is_spool(root) else kind_of(relative)
    if kind is None:
        return None
    try:
        return _found(str(path), root, kind, path.stat())
    except OSError:
        return None


def readable(path: str | Path) -> str:
    """The path as text; bytes that are no UTF-8 are spelt out: no two files share a name."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")


def _found(path: str, root: Path, kind: Kind, status: os.stat_result) -> FoundFile | None:
    # A FIFO of that name would block the agent for ever.
    if not stat.S_ISREG(status.st_mode):
        return None
    return FoundFile(
        path=Path(path),
        key=readable(path),
        root=root,
        kind=kind,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        inode=status.st_ino,
    )


def _log_error(folder: str, error: OSError) -> None:
    log.warning("cannot read %s (%s); see CLAUDE_DIR", folder, error.strerror)


def find_files(
    roots: Iterable[Path], on_error: Callable[[str, OSError], None] = _log_error
) -> list[FoundFile]:
    """Every file to take under the folders, the longest untouched first."""
    found: dict[str, FoundFile] = {}
    for root in roots:
        for entry, kind in _walk(root, on_error):
            try:
                file = _found(entry.path, root, kind, entry.stat())
            except OSError:
                continue
            if file is not None:
                found.setdefault(file.key, file)
    return sorted(found.values(), key=lambda file: (file.mtime_ns, file.key))


def _is_folder(entry: os.DirEntry[str], on_error: Callable[[str, OSError], None]) -> bool:
    """Tell folders and links to them from files; a link that leads in a circle is neither."""
    try:
        return entry.is_dir()
    except OSError as error:
        on_error(entry.path, error)
        return False


def _walk(
    root: Path, on_error: Callable[[str, OSError], None]
) -> Iterator[tuple[os.DirEntry[str], Kind]]:
    """Files to take below the folder; linked folders are followed, each folder once.

    Strings, not paths: this runs over every file every few seconds.
    """
    visited: set[tuple[int, int]] = set()
    is_spool = _is_spool(root)
    waiting: list[tuple[str, tuple[str, ...]]] = [(str(root), ())]
    while waiting:
        folder, parts = waiting.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            continue
        except OSError as error:
            on_error(folder, error)
            continue
        if (status.st_dev, status.st_ino) in visited:
            continue
        visited.add((status.st_dev, status.st_ino))
        for entry in entries:
            if _is_folder(entry, on_error):
                waiting.append((entry.path, (*parts, entry.name)))
                continue
            kind = _kind_in_spool(entry.name) if is_spool else _kind(entry.name, parts)
            if kind is not None:
                yield entry, kind
