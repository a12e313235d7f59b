"""Notifications that files changed. Some get lost (network mounts, limits): the scan decides."""

import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path
from threading import Condition
from types import TracebackType
from typing import Self

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

log = logging.getLogger(__name__)

# Writes of other machines raise no notification here.
_NETWORK_FILESYSTEMS = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "virtiofs",
    "vboxsf", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.glusterfs",
    "fuse.vmhgfs-fuse", "fuse.grpcfuse", "fuse.osxfs",
})  # fmt: skip
_MOUNTS = Path("/proc/self/mountinfo")


def filesystem_of(path: Path, mountinfo: str) -> str:
    """Type of the filesystem the path lies on, by the text of /proc/self/mountinfo."""
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        mount, _, rest = line.partition(" - ")
        # Blanks and their like are written as octal escapes there.
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), mount.split(" ")[4])
        if path.is_relative_to(point) and len(point) >= best:
            best, kind = len(point), rest.split(" ", 1)[0]
    return kind


def must_poll(mode: str, roots: Iterable[Path]) -> bool:
    """Whether to look for changes rather than wait for notifications of them."""
    if mode != "auto" or not _MOUNTS.exists():
        return mode == "poll"
    text = _MOUNTS.read_text(errors="replace")
    return any(filesystem_of(root.resolve(), text) in _NETWORK_FILESYSTEMS for root in roots)


class FileEvents(FileSystemEventHandler):
    """Collects changed paths until they are asked for; when polling, scans must find them."""

    def __init__(self, *, is_polling: bool = False) -> None:
        self.is_polling = is_polling
        self._changed: set[Path] = set()
        self._condition = Condition()
        self._observer = Observer()
        self._watches: dict[Path, tuple[int, ObservedWatch | None]] = {}

    def __enter__(self) -> Self:
        self._observer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._observer.stop()
        self._observer.join(timeout=5)

    def follow(self, roots: Iterable[Path]) -> None:
        """Watch the folders that exist; one that was replaced is watched anew."""
        if self.is_polling:
            return
        for root in roots:
            inode = root.stat().st_ino if root.is_dir() else None
            watched = self._watches.get(root)
            if watched is not None and watched[0] != inode:
                if watched[1] is not None:
                    self._observer.unschedule(watched[1])
                del self._watches[root]
                watched = None
            if watched is None and inode is not None:
                self._schedule(root, inode)

    def _schedule(self, root: Path, inode: int) -> None:
        try:
            self._watches[root] = (inode, self._observer.schedule(self, str(root), recursive=True))
        except OSError as error:
            # Remembered, so that the warning comes once; the scans go on.
            self._watches[root] = (inode, None)
            log.warning("no notifications for %s (%s); scanning only", root, error.strerror)

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.is_directory or event.event_type in ("opened", "closed_no_write"):
            return
        with self._condition:
            for path in (event.src_path, event.dest_path):
                if path:
                    self._changed.add(Path(os.fsdecode(path)))
            self._condition.notify_all()

    def wait(self, seconds: float) -> set[Path]:
        """The paths that changed since the last call; waits for the first of them."""
        with self._condition:
            self._condition.wait_for(lambda: self._changed, timeout=seconds)
            changed, self._changed = self._changed, set()
        return changed
