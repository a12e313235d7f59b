"""Hints that files changed; they get lost (network mounts, watch limits): the scan is truth."""

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from threading import Condition
from types import TracebackType
from typing import Self

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

log = logging.getLogger(__name__)


class Hints(FileSystemEventHandler):  # type: ignore[misc]  # watchdog is imported untyped
    """Collects changed paths until they are asked for."""

    def __init__(self) -> None:
        self._changed: set[Path] = set()
        self._condition = Condition()
        self._observer = Observer()
        self._watches: dict[Path, tuple[int, object]] = {}

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
        for root in roots:
            inode = root.stat().st_ino if root.is_dir() else None
            watched = self._watches.get(root)
            if watched is not None and watched[0] != inode:
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
