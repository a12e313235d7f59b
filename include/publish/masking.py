"""What people and models wrote leaves the warehouse with its secrets masked."""

import duckdb

from cca.masking import mask_secrets

# Columns of the marts that hold such text; all others hold ids, names, numbers and paths.
TEXTS = frozenset({"title", "first_prompt", "prompt", "description", "reason"})
_FUNCTION = "mask_secrets"


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the function that `selection` names known to the connection."""
    connection.create_function(_FUNCTION, mask_secrets, ["VARCHAR"], "VARCHAR")


def selection(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """The query for all of a table's rows, its texts masked."""
    described = connection.execute(f"describe {relation}").fetchall()
    texts = [name for name, kind, *_ in described if name in TEXTS and kind == "VARCHAR"]
    masked = ", ".join(f"{_FUNCTION}({name}) as {name}" for name in texts)
    return f"select * {f'replace ({masked}) ' if masked else ''}from {relation}"
