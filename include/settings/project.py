"""Where the project's own folders lie: dbt/, dags/ and plugins/."""

from pathlib import Path

from cca.errors import SettingError

_PACKAGE = Path(__file__).resolve().parent.parent


def is_checkout() -> bool:
    """Tell whether this code runs from a checkout, and not from an installed package."""
    return _PACKAGE.name == "include" and (_PACKAGE.parent / "pyproject.toml").is_file()


# The checkout; installed, the folder of the package that holds dbt/, dags/ and plugins/.
# cca writes nothing there, but for the pages that `make docs` writes in a checkout.
PROJECT_DIR = _PACKAGE.parent if is_checkout() else _PACKAGE / "project"


def document(*parts: str) -> Path:
    """Return the path of a file that `make docs` writes.

    Raises: SettingError where cca is installed as a package: there is nothing to document.
    """
    if not is_checkout():
        raise SettingError(f"{'/'.join(parts)} is written in a checkout of cca only")
    return PROJECT_DIR.joinpath(*parts)
