"""Where an index lives: numbered directories, the symbolic link `current`, a version file."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from cca.files import replace_file, replace_link

# Raise it whenever the same documents would give another index, or other files beside it.
SCHEMA_NUMBER = 7
# The file format is kept within a minor version only.
_TANTIVY = ".".join(version("tantivy").split(".")[:2])


@dataclass(frozen=True)
class Position:
    """The last document of the archive that an index holds, in the order (ingestedAt, _id)."""

    ingested_at: datetime
    id: str


@dataclass(frozen=True)
class Home:
    """One index: tantivy's files, the vocabulary, the position."""

    path: Path

    @property
    def tantivy(self) -> Path:
        return self.path / "tantivy"

    def position(self) -> Position | None:
        try:
            found = json.loads((self.path / "position.json").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return Position(datetime.fromisoformat(found["ingestedAt"]), found["id"])

    def write_position(self, position: Position) -> None:
        at = position.ingested_at.astimezone(UTC).isoformat()
        content = json.dumps({"ingestedAt": at, "id": position.id})
        replace_file(self.path / "position.json", content.encode())

    def erased(self) -> frozenset[str]:
        """Return the keys of the erasure requests whose text is not in this index."""
        try:
            return frozenset(json.loads((self.path / "erased.json").read_text()))
        except (FileNotFoundError, ValueError):
            return frozenset()

    def write_erased(self, keys: Iterable[str]) -> None:
        """Note the erasure requests that were obeyed before this index was built."""
        replace_file(self.path / "erased.json", json.dumps(sorted(keys)).encode())

    def is_readable(self) -> bool:
        """Whether this version of cca can read it."""
        return {**self._version(), "source": ""} == _version("")

    def is_of(self, source: str) -> bool:
        return self._version() == _version(source)

    def _version(self) -> dict[str, object]:
        try:
            found: dict[str, object] = json.loads((self.path / "version.json").read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return {}
        return found


def _version(source: str) -> dict[str, object]:
    return {"schema": SCHEMA_NUMBER, "tantivy": _TANTIVY, "source": source}


def current(search_dir: Path) -> Home | None:
    """The index that searches use, if there is one that can be read."""
    try:
        home = Home(search_dir / (search_dir / "current").readlink())
    except OSError:
        return None
    return home if home.is_readable() else None


def create(search_dir: Path, source: str) -> Home:
    """An empty index's directory, not yet in use; `source` names the collection it is made of."""
    search_dir.mkdir(parents=True, exist_ok=True)
    home = Home(search_dir / f"index-{max(_numbers(search_dir), default=0) + 1}")
    home.tantivy.mkdir(parents=True)
    replace_file(home.path / "version.json", json.dumps(_version(source)).encode())
    return home


def follower_lock_path(search_dir: Path) -> Path:
    """Return the file that the one who writes the index holds for as long as it lives."""
    return search_dir / "follow.lock"


def is_there(search_dir: Path) -> bool:
    """Return whether any index lies there, also one that this version cannot read."""
    return bool(_numbers(search_dir))


def put_in_use(search_dir: Path, home: Home) -> None:
    """Point `current` at the index and delete all others."""
    replace_link(search_dir / "current", home.path)
    discard_others(search_dir, home)


def discard_others(search_dir: Path, home: Home) -> None:
    """Delete every index but this one: builds that were never finished, and replaced ones."""
    for number in _numbers(search_dir):
        other = search_dir / f"index-{number}"
        if other != home.path:
            shutil.rmtree(other, ignore_errors=True)


def _numbers(search_dir: Path) -> list[int]:
    names = (path.name.removeprefix("index-") for path in search_dir.glob("index-*"))
    return [int(name) for name in names if name.isdigit()]
