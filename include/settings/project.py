"""Where the project's own folders lie: dbt/, dags/ and plugins/."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def is_checkout() -> bool:
    """Tell whether this code runs from a checkout, and not from an installed package."""
    return _PACKAGE.name == "include" and (_PACKAGE.parent / "pyproject.toml").is_file()


# The checkout; installed, the folder of the package that holds dbt/, dags/ and plugins/.
# cca writes nothing there, but for the pages that `make docs` writes in a checkout.
PROJECT_DIR = _PACKAGE.parent if is_checkout() else _PACKAGE / "project"
