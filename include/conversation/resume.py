"""Going on with a session in Claude Code: the command, and whether it finds the transcript."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


@dataclass(frozen=True)
class Resume:
    """How to go on with a session; `command` is "" without an id that Claude Code knows.

    `remark` says why the command may find nothing here.
    """

    session: str
    folder: str
    command: str = ""
    remark: str = ""


def resume_of(row: Mapping[str, Any], here: str, roots: Sequence[Path]) -> Resume:
    """Returns how the session of a row of `sessions` is resumed.

    `roots` are the folders that Claude Code writes transcripts to on this machine, which is called
    `here`.
    """
    session_id, folder = str(row["_id"]), str(row.get("cwd") or "")
    if not _UUID.fullmatch(session_id):
        return Resume(session_id, folder, remark="This session has no id that Claude Code resumes.")
    change = f"cd {_quoted(folder)} && " if folder else ""
    command = f"{change}claude --resume {session_id}"
    return Resume(session_id, folder, command, _remark(row, here, roots))


def _remark(row: Mapping[str, Any], here: str, roots: Sequence[Path]) -> str:
    host = str(row.get("host") or "")
    if host and host != here:
        return f"The transcript is on another machine: {host}."
    known = [root for root in roots if root.is_dir()]
    # Without the folder nothing is known: the browser may run where Claude Code does not.
    file = Path(str(row.get("projectId") or ""), f"{row['_id']}.jsonl")
    if not known or any((root / file).is_file() for root in known):
        return ""
    return "The transcript is no longer in Claude Code's folder, so this finds nothing."


def _quoted(folder: str) -> str:
    """A directory as a shell of its system takes it; no name on Windows holds a quote."""
    return f'"{folder}"' if _WINDOWS.match(folder) else shlex.quote(folder)
