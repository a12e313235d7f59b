"""Which session asks: its own words are no history that it looks for."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Claude Code names the call in its requests.
CALL_KEY = "claudecode/toolUseId"
# The call was written a moment ago, near the end of its transcript.
_RECENT_SECONDS, _TAIL_BYTES, _MOST_FILES = 120.0, 262_144, 50


@dataclass(frozen=True)
class Asking:
    """Finds the ids of the asking session: what the environment says, and whose file has the call.

    Both, because a resumed or cleared session goes on under a new id with the same server.
    """

    roots: tuple[Path, ...] = ()
    session: str = ""

    def sessions(self, call: str = "") -> frozenset[str]:
        """Return the ids of the session that made a call of this id; empty where nobody tells."""
        found = {self.session} if self.session else set()
        if call:
            found.update(path.stem for path in self._recent() if _holds(path, call.encode()))
        return frozenset(found)

    def _recent(self) -> list[Path]:
        since = time.time() - _RECENT_SECONDS
        changed = sorted(
            ((at, path) for at, path in self._transcripts() if at >= since), reverse=True
        )
        return [path for _, path in changed[:_MOST_FILES]]

    def _transcripts(self) -> Iterator[tuple[float, Path]]:
        for root in self.roots:
            for path in root.glob("*/*.jsonl"):
                try:
                    yield path.stat().st_mtime, path
                except OSError:
                    continue


def _holds(path: Path, call: bytes) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return call in file.read()
    except OSError:
        return False
