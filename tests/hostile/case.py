"""A case: the files of a project, written by hand, and what every view must say of them."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cca.transcript.slugs import slug_of

Entry = dict[str, Any]
START = datetime(2026, 11, 10, 9, tzinfo=UTC)
_NAMES = uuid.UUID("6b1f5a0e-9f5c-4c7e-8f5e-3f0c8d9f2a11")


def id_of(name: str) -> str:
    """Returns a UUID that is the same in each run."""
    return str(uuid.uuid5(_NAMES, name))


@dataclass
class Session:
    """The lines of one file; each entry is a minute after the one before it."""

    name: str
    cwd: str
    lines: list[Entry | bytes] = field(default_factory=list)
    minutes: int = 0
    parent: str | None = None

    @property
    def id(self) -> str:
        return id_of(self.name)

    def add(self, kind: str, **fields: Any) -> Entry:
        """Adds an entry with an envelope; a field that is `...` is left out."""
        at = START + timedelta(minutes=self.minutes)
        self.minutes += 1
        own = id_of(f"{self.name} {len(self.lines)}")
        entry = {
            "parentUuid": self.parent, "isSidechain": False, "cwd": self.cwd, "sessionId": self.id,
            "version": "2.1.289", "gitBranch": "main", "type": kind, "uuid": own,
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", **fields,
        }  # fmt: skip
        entry = {name: value for name, value in entry.items() if value is not ...}
        self.lines.append(entry)
        self.parent = own
        return entry

    def user(self, content: Any, **fields: Any) -> Entry:
        """Adds what stands under the user's role."""
        return self.add("user", message={"role": "user", "content": content}, **fields)

    def asks(self, text: str) -> Entry:
        """Adds a prompt that says it was typed."""
        return self.user(text, promptSource="typed", turnOrigin="human")

    def claude(self, content: Any, model: str = "claude-opus-5-5", **usage: Any) -> Entry:
        """Adds a response; `usage` are fields of its usage object."""
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        key = f"msg_{self.name}_{len(self.lines)}"
        message = {
            "role": "assistant", "id": key, "model": model, "content": content,
            "stop_reason": "end_turn", "usage": {"input_tokens": 0, "output_tokens": 0, **usage},
        }  # fmt: skip
        return self.add("assistant", message=message, requestId=f"req_{key}")

    def attachment(self, **given: Any) -> Entry:
        """Adds an attachment of these fields."""
        return self.add("attachment", attachment=given)

    @property
    def data(self) -> bytes:
        """The file as it stands on disk."""
        made = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in self.lines)
        return b"".join(line + b"\n" for line in made)


@dataclass
class Case:
    """Files by their path under `projects`, and right values by the name of what they are of."""

    name: str
    expected: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def cwd(self) -> str:
        return f"/srv/hostile/{self.name}"

    @property
    def slug(self) -> str:
        return slug_of(self.cwd)

    def session(self, name: str = "", cwd: str = "") -> Session:
        """Begins a file of the case's project; `keep` takes it."""
        return Session(f"{self.name} {name}".strip(), cwd or self.cwd)

    def keep(self, session: Session, path: str = "") -> "Case":
        """Takes the file, in the place where Claude Code would write it if no path is given."""
        self.files[path or f"{self.slug}/{session.id}.jsonl"] = session.data
        return self

    def write(self, projects: Path) -> None:
        """Writes the files."""
        for path, data in self.files.items():
            place = projects / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
