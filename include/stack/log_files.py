"""The stack's log files: by the name of a part or program, and followed as they grow."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from cca.errors import NotFound
from cca.settings import Settings
from cca.stack.programs import parts

_POLL_SECONDS = 0.5
_FEW_LINES = 3


def find(settings: Settings, name: str | None) -> list[Path]:
    """The files of a part, of a program, or of any log in the folder; all without a name."""
    by_part = {part.name: [each.name for each in part.programs] for part in parts(settings)}
    if name is None:
        found = sorted(settings.logs_dir.glob("*.log"))
    else:
        found = [settings.logs_dir / f"{each}.log" for each in by_part.get(name, [name])]
        found = [path for path in found if path.is_file()]
    if not found:
        known = sorted(path.stem for path in settings.logs_dir.glob("*.log"))
        there = ", ".join(known) or "none yet"
        message = f"no log {name or ''} in {settings.logs_dir}; there are: {there}"
        raise NotFound(message)
    return found


def last_lines(paths: Sequence[Path], count: int = _FEW_LINES) -> list[str]:
    """The last lines of the files that exist, indented."""
    texts = [path.read_text(errors="replace") for path in paths if path.is_file()]
    return [f"  {line}" for text in texts for line in text.splitlines()[-count:]]


def show(paths: list[Path], lines: int, *, follow: bool) -> Iterator[str]:
    """The last lines of each file, then, if asked, each new line as it is written."""
    offsets: dict[Path, int] = {}
    for path in paths:
        text = path.read_bytes()
        offsets[path] = len(text)
        if len(paths) > 1:
            yield f"==> {path} <=="
        yield from text.decode(errors="replace").splitlines()[-lines:]
    while follow:
        time.sleep(_POLL_SECONDS)
        for path in paths:
            yield from _grown(path, offsets, prefix=f"{path.stem}: " if len(paths) > 1 else "")


def _grown(path: Path, offsets: dict[Path, int], prefix: str) -> Iterator[str]:
    size = path.stat().st_size if path.exists() else 0
    if size < offsets[path]:
        offsets[path] = 0  # the supervisor rotated the file
    with path.open("rb") as file:
        file.seek(offsets[path])
        whole, newline, _ = file.read().rpartition(b"\n")
    offsets[path] += len(whole) + len(newline)
    if newline:
        yield from (prefix + line for line in whole.decode(errors="replace").splitlines())
