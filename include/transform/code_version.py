"""Digests that name what makes marts of raw rows: a change builds everything again."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

# Folders that are made from the project: by dbt, by Python and by cca.transform.prepare.
_MADE = {"target", "logs", "dbt_packages", "prepared", "__pycache__"}


@lru_cache(maxsize=4)
def project_version(project: Path) -> str:
    """Return the digest of a folder of code; spaces and line breaks do not count.

    The project is read once: its files do not change while a process runs.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(project.rglob("*")):
        relative = path.relative_to(project)
        if relative.parts[0] not in _MADE and path.is_file():
            digest.update(relative.as_posix().encode())
            digest.update(b" ".join(path.read_bytes().split()))
    return digest.hexdigest()


def code_version_of(project: str, timezone: str, prices: Iterable[Path | None]) -> str:
    """Return the digest of a project's version, the days' time zone and the files of prices."""
    digest = hashlib.blake2b(f"{project} {timezone}".encode(), digest_size=16)
    for path in prices:
        if path and path.exists():
            digest.update(path.read_bytes())
    return digest.hexdigest()
