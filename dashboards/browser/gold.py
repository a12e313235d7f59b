"""What each session cost, from the published gold file.

A file is known by device, inode and time: a new publish moves the link, and the next page reads
the new file. What was read from one file is kept, as the file never changes.
"""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from cca.gold.measures.select import select
from cca.gold.measures.usage import COST_USD
from cca.settings import Settings

_BY_SESSION = select([COST_USD], ["session_id"])
_BY_PROJECT = select([COST_USD], ["project_key"])


def session_costs(settings: Settings) -> dict[str, Decimal]:
    """Return what each session cost with its subagents, in USD; read once for each gold file."""
    return _costs_by(_BY_SESSION, settings)


def project_costs(settings: Settings) -> dict[str, Decimal]:
    """Return what each project cost, by its key, in USD; read once for each gold file."""
    return _costs_by(_BY_PROJECT, settings)


def identity(settings: Settings) -> tuple[int, int, int] | None:
    """Which published file there is; None before a publish."""
    try:
        found = settings.gold_path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _costs_by(sql: str, settings: Settings) -> dict[str, Decimal]:
    found = identity(settings)
    return _costs(sql, found, settings.gold_path) if found else {}


@lru_cache(maxsize=4)
def _costs(sql: str, identity: tuple[int, int, int], path: Path) -> dict[str, Decimal]:  # noqa: ARG001
    from cca.gold.open import open_gold  # noqa: PLC0415  (DuckDB, where it is needed)

    with open_gold(path) as gold:
        return dict(gold.execute(sql).fetchall())
