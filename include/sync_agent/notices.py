"""What the agent says beside its work: of folders that are missing, and to the status line."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from cca.statusline.state import folder_of, update
from cca.sync_agent.buffer import Buffer

log = logging.getLogger(__name__)


def tell_status_line(home: Path, buffer: Buffer) -> None:
    """Say that the agent runs and how long entries have waited; no folder: no status line."""
    if not folder_of(home).is_dir():
        return
    waiting = buffer.oldest_pending_seconds()
    try:
        update(home, "agent", {"at": time.time(), "waiting_seconds": waiting})
    except OSError as error:
        log.debug("the status line was not told: %s", error)


def tell_missing(roots: Sequence[Path], known: set[Path]) -> set[Path]:
    """The folders that are not there, each named in the log once."""
    missing = {root for root in roots if not root.is_dir()}
    for root in sorted(missing - known):
        log.warning("%s is not there (CLAUDE_DIR); waiting for it to appear", root)
    for root in sorted(known - missing):
        log.info("%s appeared", root)
    return missing
