"""Which `.jsonl` files are transcripts: other tools keep logs and memories beside them."""

import logging
from collections.abc import Iterable
from pathlib import PurePath

from cca.sync_agent.identity import is_uuid
from cca.sync_agent.scan import FoundFile
from cca.sync_agent.tail import own_bytes, parse
from cca.transcript.kinds import is_entry

log = logging.getLogger(__name__)

# How much of a file is looked at; its first lines say whose it is.
_HEAD_BYTES = 256 << 10
_HEAD_LINES = 50


class Recogniser:
    """Remembers what it has seen: a file is looked into again only after it changed."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int, bool]] = {}

    def transcripts(self, files: Iterable[FoundFile]) -> list[FoundFile]:
        """Return the files without those of other tools."""
        return [file for file in files if self._is_ours(file)]

    def _is_ours(self, file: FoundFile) -> bool:
        if file.kind != "transcript" or not file.size or _is_named_as_one(file.path):
            return True
        size, mtime_ns, is_ours = self._seen.get(file.key, (-1, -1, False))
        # A transcript stays one; a file of another kind may become one.
        if is_ours or (size, mtime_ns) == (file.size, file.mtime_ns):
            return is_ours
        is_ours = _holds_entries(file)
        if size < 0 and not is_ours:
            log.info("%s is no transcript: not read", file.key)
        self._seen[file.key] = (file.size, file.mtime_ns, is_ours)
        return is_ours


def _is_named_as_one(path: PurePath) -> bool:
    return is_uuid(path.stem) or path.stem.startswith("agent-")


def _holds_entries(file: FoundFile) -> bool:
    """Whether an entry is among the first lines; a file of damaged lines alone may be one."""
    try:
        with file.path.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError:
        # The reader names it.
        return True
    objects = 0
    for line in head.split(b"\n", _HEAD_LINES)[:_HEAD_LINES]:
        try:
            value = parse(own_bytes(line))
        except ValueError:
            continue
        if is_entry(value):
            return True
        objects += isinstance(value, dict)
    # A first line that is not whole yet says nothing.
    return not objects and b"\n" in own_bytes(head)
