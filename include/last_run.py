"""What the last pipeline run came to, whoever started it: one small file for the status lines."""

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from include.settings import Settings

State = Literal["running", "success", "failed"]


@dataclass(frozen=True)
class LastRun:
    """`source` is airflow or cca pipeline; `message` says in a few words why it failed."""

    state: State
    source: str
    began_at: datetime
    ended_at: datetime | None = None
    message: str = ""
    url: str = ""

    def ended(self, state: State, at: datetime, message: str = "") -> "LastRun":
        return replace(self, state=state, ended_at=at, message=message)


def record(settings: Settings, run: LastRun) -> None:
    """Replaces what was recorded before."""
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    values = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(run).items()
    }
    fresh = path.with_suffix(f".{os.getpid()}.part")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(values, file)
    fresh.replace(path)


def last_run(settings: Settings) -> LastRun | None:
    """None before the first run, and where the file says nothing that can be understood."""
    try:
        given = json.loads(_path(settings).read_text())
        ended = given.get("ended_at")
        return LastRun(
            state=given["state"],
            source=str(given["source"]),
            began_at=datetime.fromisoformat(given["began_at"]),
            ended_at=datetime.fromisoformat(ended) if ended else None,
            message=str(given.get("message") or ""),
            url=str(given.get("url") or ""),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _path(settings: Settings) -> Path:
    return settings.cca_home / "last-run.json"
