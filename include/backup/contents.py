"""The list of a backup's files: replacing it is the commit, and it carries their checksums."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from cca.errors import BackupError
from cca.files import replace_file, sync_folder

VERSION = 1
_NAME = "contents.json"
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class BackupFile:
    """One file: `store` is a collection of MongoDB, `buffer` or `settings`."""

    path: str
    store: str
    size_bytes: int
    sha256: str
    documents: int = 0


@dataclass(frozen=True)
class Contents:
    """Files that belong together, and up to which `ingestedAt` they hold everything.

    `erasures` tells what had been erased when they were written. Of the entries, the next part
    holds `repeatable` again, and each file as many as `repeats` says that stand in an earlier one.
    """

    made_at: datetime
    through: datetime
    host: str
    files: tuple[BackupFile, ...]
    erasures: str = ""
    repeatable: int = 0
    repeats: dict[str, int] = field(default_factory=dict)
    version: int = VERSION

    @property
    def documents(self) -> int:
        """Return how many documents of MongoDB they hold, each counted once."""
        return sum(file.documents for file in self.files) - sum(self.repeats.values())

    def of(self, store: str) -> list[BackupFile]:
        return [file for file in self.files if file.store == store]


def read(folder: Path) -> Contents | None:
    """The list as committed; None where there is no backup yet."""
    path = folder / _NAME
    try:
        values = json.loads(path.read_text())
        contents = Contents(
            made_at=datetime.fromisoformat(values["made_at"]),
            through=datetime.fromisoformat(values["through"]),
            host=values["host"],
            files=tuple(BackupFile(**one) for one in values["files"]),
            # Backups of earlier versions lack these.
            erasures=values.get("erasures", ""),
            repeatable=values.get("repeatable", 0),
            repeats=values.get("repeats", {}),
            version=values["version"],
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} is damaged ({error}); nothing of it was used") from error
    if contents.version > VERSION:
        raise BackupError(f"{path} was written by a newer cca; upgrade this one")
    return contents


def write(folder: Path, contents: Contents) -> None:
    """Replace the list, then delete what it no longer names."""
    path = folder / _NAME
    values = asdict(contents) | {
        "made_at": contents.made_at.isoformat(),
        "through": contents.through.isoformat(),
    }
    replace_file(path, json.dumps(values, indent=1))
    sync_folder(folder)
    named = {folder / file.path for file in contents.files}
    for found in _parts(folder) - named:
        found.unlink()


def may_hold_a_backup(folder: Path) -> bool:
    """Tells whether the folder is empty, or holds only parts of a backup that was cut short."""
    archive = folder / "mongodb"
    found = set(folder.rglob("*")) if archive.is_dir() else set(folder.glob("*"))
    return not found or (archive in found and found - {archive} <= _parts(folder))


def _parts(folder: Path) -> set[Path]:
    """The files that backups wrote into the folder, whole or not."""
    patterns = ("mongodb/*.bson.gz", "buffer.*", "settings.*.json")
    return {path for pattern in patterns for path in folder.glob(pattern)}


def described(folder: Path, path: Path, store: str, documents: int = 0) -> BackupFile:
    """A file that is complete, made durable, and its owner's alone."""
    path.chmod(0o600)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    sync_folder(path.parent)
    name = path.relative_to(folder).as_posix()
    return BackupFile(name, store, path.stat().st_size, _digest(path), documents)


def verify(folder: Path, files: Iterable[BackupFile]) -> None:
    """Raise BackupError, naming the first file that is not as it was written."""
    for file in files:
        path = folder / file.path
        if not path.is_file():
            raise BackupError(f"{path} is missing: the backup is incomplete")
        if path.stat().st_size != file.size_bytes or _digest(path) != file.sha256:
            raise BackupError(f"{path} is damaged: it is not what was written ({file.sha256[:12]})")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
