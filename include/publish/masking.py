"""Masks secrets in the texts that people and models wrote, as they leave the warehouse."""

import duckdb

from cca.masking import mask_secrets

# Columns of the marts that hold such text; all others hold ids, names, numbers and paths.
TEXTS = frozenset({"title", "first_prompt", "prompt", "description", "reason", "commit_subject"})
_FUNCTION = "mask_secrets"


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Register the function that `selection` calls with the connection."""
    connection.create_function(_FUNCTION, mask_secrets, ["VARCHAR"], "VARCHAR")


def selection(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Return the query for all rows of a table with its texts masked."""
    described = connection.execute(f"describe {relation}").fetchall()
    texts = [name for name, kind, *_ in described if name in TEXTS and kind == "VARCHAR"]
    masked = ", ".join(f"{_FUNCTION}({name}) as {name}" for name in texts)
    return f"select * {f'replace ({masked}) ' if masked else ''}from {relation}"
