"""Masks secrets in the texts that people and models wrote, as they leave the warehouse."""

import duckdb

from cca.masking import mask_secrets
from cca.masking.columns import TEXTS


def selection(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Return the query for all rows of a table with its texts masked."""
    described = connection.execute(f"describe {relation}").fetchall()
    texts = [name for name, kind, *_ in described if name in TEXTS and kind == "VARCHAR"]
    masked = ", ".join(one for name in texts if (one := _masked(connection, relation, name)))
    return f"select * {f'replace ({masked}) ' if masked else ''}from {relation}"


def _masked(connection: duckdb.DuckDBPyConnection, relation: str, name: str) -> str | None:
    """Return the column with its few texts that hold secrets masked; None where none does.

    DuckDB imports pandas for a function of ours, which takes longer than the rest of the copy.
    """
    found = connection.execute(
        f"select distinct {name} from {relation} where {name} is not null"
    ).fetchall()
    shown = {text: masked for (text,) in found if (masked := mask_secrets(text)) != text}
    if not shown:
        return None
    texts, masks = (", ".join(map(_literal, side)) for side in (shown, shown.values()))
    return f"coalesce(map([{texts}], [{masks}])[{name}], {name}) as {name}"


def _literal(text: str) -> str:
    # A text may hold signs that end a statement.
    return f"decode(unhex('{text.encode().hex()}'))"
