"""Takes what was erased out of the files that status lines wrote on this machine."""

import json
from pathlib import Path

from cca.files import replace_file
from cca.selection import Selection
from cca.statusline.state import folder_of
from cca.transcript.slugs import slug_of


def clear_spool(home: Path, selection: Selection, host: str) -> int:
    """Delete the lines that a selection covers; return how many.

    The agent reads a rewritten file again, and each line has its old `_id`: nothing is doubled.
    """
    deleted = 0
    for path in sorted(folder_of(home).glob("*.jsonl")):
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if not _is_covered(line, selection, host)]
        if len(kept) < len(lines):
            replace_file(path, b"".join(kept))
            deleted += len(lines) - len(kept)
    return deleted


def _is_covered(line: bytes, selection: Selection, host: str) -> bool:
    try:
        entry = json.loads(line)
        session, cwd = str(entry.get("sessionId")), str(entry.get("cwd") or "")
    except (ValueError, AttributeError):
        return False
    return selection.holds(host=host, project=slug_of(cwd), session=session)
