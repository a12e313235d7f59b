"""What makes marts of raw rows, named by one digest: a change of it builds everything again."""

import hashlib
from functools import lru_cache
from pathlib import Path

from cca.settings import Settings

# Folders that dbt writes itself.
_WRITTEN_BY_DBT = {"target", "logs", "dbt_packages"}


def code_version(settings: Settings, project: Path) -> str:
    """Return the digest of the dbt project, the user's own prices and the days' time zone.

    More or fewer spaces and line breaks do not change it.
    """
    digest = hashlib.blake2b(_project_digest(project), digest_size=16)
    digest.update(settings.timezone.encode())
    if settings.prices_file and settings.prices_file.exists():
        digest.update(settings.prices_file.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=4)
def _project_digest(project: Path) -> bytes:
    """Read the project once: its files do not change while a process runs."""
    digest = hashlib.blake2b()
    for path in sorted(project.rglob("*")):
        relative = path.relative_to(project)
        if relative.parts[0] not in _WRITTEN_BY_DBT and path.is_file():
            digest.update(relative.as_posix().encode())
            digest.update(b" ".join(path.read_bytes().split()))
    return digest.digest()
