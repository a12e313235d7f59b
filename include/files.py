"""Files that survive a crash and are for their owner alone: replaced as a whole."""

import os
import sys
from pathlib import Path

from cca.errors import SettingError


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(path.name + ".new")
    # A file that a crash left there may be open to others.
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def replace_link(link: Path, target: Path) -> None:
    """Point a symbolic link to a neighbour, so that a reader finds the old one or the new one."""
    fresh = link.with_name(link.name + ".new")
    fresh.unlink(missing_ok=True)
    try:
        fresh.symlink_to(target.name)
    except OSError as error:
        if sys.platform != "win32":
            raise
        raise SettingError(
            f"{link} must be a symbolic link, which Windows allows in its developer mode: "
            "Settings, System, For developers"
        ) from error
    fresh.replace(link)
    sync_folder(link.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    if sys.platform == "win32":
        # A folder cannot be opened there; NTFS keeps renames in a journal.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
