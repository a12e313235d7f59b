"""Where the price list lies: the seed of the project, and a newer list in CCA_HOME."""

import csv
from pathlib import Path

from cca.settings import PROJECT_DIR, Settings, is_checkout

SEED_PATH = PROJECT_DIR / "dbt" / "seeds" / "model_prices.csv"


def update_path(settings: Settings) -> Path:
    """Return what `cca prices update` writes: an installation is never written to."""
    return SEED_PATH if is_checkout() else _home_list(settings)


def newer_list(settings: Settings, seed: Path = SEED_PATH) -> Path | None:
    """Return the list in CCA_HOME, or None where the seed is as new as it.

    A later version of cca brings a newer seed: then the list in CCA_HOME no longer counts.
    """
    path = _home_list(settings)
    return path if path.is_file() and _version(path) > _version(seed) else None


def _home_list(settings: Settings) -> Path:
    return settings.cca_home / "prices" / "model_prices.csv"


def _version(path: Path) -> tuple[int, ...]:
    """Return the version of genai-prices that a list was made from, as its rows name it."""
    with path.open(encoding="utf-8", newline="") as file:
        sources = {row.get("source") or "" for row in csv.DictReader(file)}
    parts = (source.removeprefix("genai-prices ").split(".") for source in sources)
    versions = (tuple(map(int, each)) for each in parts if all(map(str.isdigit, each)))
    return max(versions, default=())
