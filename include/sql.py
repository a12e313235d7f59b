"""Values as SQL literals, where DuckDB takes no parameters or would import pandas for one."""

from collections.abc import Iterable


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def list_literal(texts: Iterable[str]) -> str:
    """Return texts as the literal of a DuckDB list."""
    return f"[{', '.join(map(literal, texts))}]::varchar[]"
