"""Writes transcripts as fast as several sessions would, for `benchmarks.soak`."""

import json
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

LINES_PER_SECOND = 200
OUTPUT_TOKENS = 7
# A session is replaced by a new one after so many lines.
_SESSION_LINES = 600
_OPEN_SESSIONS = 8


class Writer:
    """Appends prompts and answers to the sessions that are open."""

    def __init__(self, projects: Path) -> None:
        self.lines = self.answers = 0
        self._projects = projects
        self._sessions = 0
        self._open: list[tuple[Path, str, int]] = []

    def run(self, end: Event) -> None:
        """Write at the wanted rate until the end; what a slow moment missed is written after it."""
        began = time.monotonic()
        while not end.wait(0.1):
            wanted = int((time.monotonic() - began) * LINES_PER_SECOND)
            while self.lines < wanted:
                self._append(min(20, wanted - self.lines))

    def _append(self, count: int) -> None:
        while len(self._open) < _OPEN_SESSIONS:
            session = str(uuid.uuid4())
            project = self._projects / f"-srv-soak-{self._sessions % 3}"
            project.mkdir(parents=True, exist_ok=True)
            self._open.append((project / f"{session}.jsonl", session, 0))
            self._sessions += 1
        path, session, done = self._open.pop(0)
        with path.open("a") as file:
            file.writelines(self._line(session, done + number) for number in range(count))
        self.lines += count
        if done + count < _SESSION_LINES:
            self._open.append((path, session, done + count))

    def _line(self, session: str, number: int) -> str:
        entry: dict[str, Any] = {
            "uuid": str(uuid.uuid4()),
            "sessionId": session,
            "timestamp": datetime.now(UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "cwd": "/srv/soak",
            "version": "2.0.0",
        }
        if number % 2:
            self.answers += 1
            usage = {"input_tokens": 3, "output_tokens": OUTPUT_TOKENS}
            message = {
                "id": f"msg_{uuid.uuid4().hex}",
                "role": "assistant",
                "model": "claude-sonnet-4-5-20250929",
                "content": [{"type": "text", "text": f"soaked answer {number} " + "word " * 40}],
                "usage": usage,
            }
            entry |= {"type": "assistant", "message": message, "requestId": uuid.uuid4().hex}
        else:
            text = f"soaked prompt {number} " + "word " * 40
            entry |= {"type": "user", "message": {"role": "user", "content": text}}
        return json.dumps(entry) + "\n"
