"""Says which files DuckDB and dbt cannot open as a warehouse, before they try."""

from pathlib import Path

from cca.errors import SettingError

# DuckDB names a database after its file: these names are DuckDB's own, or schemas and databases
# that cca has beside the warehouse, and `name.table` would have two meanings.
_TAKEN = frozenset(("system", "temp", "main", "information_schema", "raw", "meta", "marts", "gold"))


def database_name(path: Path) -> str:
    """Return the name that DuckDB gives the database of a file."""
    return path.name.lstrip(".").split(".")[0]


def wrong_name(path: Path) -> str | None:
    """Return why a file cannot be the warehouse for its name; None where it can."""
    name = database_name(path)
    if name.lower() in _TAKEN:
        return f"{name} is a name of DuckDB's or of cca's own; name the file otherwise"
    if '"' in name:
        return "the name of the file holds a quotation mark; name the file otherwise"
    return None


def require_without(signs: str, path: Path, setting: str) -> None:
    """Check that a path has none of the signs.

    Raises:
        SettingError: It has one; the message names the setting.

    """
    if found := [sign for sign in signs if sign in str(path)]:
        message = f"{setting}: DuckDB and dbt cannot open {path}; use a path without {found[0]}"
        raise SettingError(message)
