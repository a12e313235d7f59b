"""Which code the processes of the stack were started with: they keep what they began with."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from cca.settings import PROJECT_DIR, is_checkout

# What stays in memory; DAGs and models of dbt are read from their files at each run.
_FOLDERS = ("include", "dashboards", "plugins")


def code_digest() -> str:
    """Return a digest of names, sizes and times of the files of cca, which every change changes."""
    folders = [PROJECT_DIR / name for name in _FOLDERS] if is_checkout() else [PROJECT_DIR.parent]
    return digest_of(folders)


def digest_of(folders: list[Path]) -> str:
    """Return the digest of the files in these folders; what Python compiles there is left out."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in _files(folder)):
        about = path.stat()
        digest.update(f"{path}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (
        path for path in folder.rglob("*") if path.parent.name != "__pycache__" and path.is_file()
    )
