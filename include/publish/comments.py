"""Copies dbt's descriptions of the marts as comments, which any client shows."""

from collections.abc import Iterator

import duckdb

from cca.sql import literal


def comments(
    connection: duckdb.DuckDBPyConnection, database: str, mart: str, table: str
) -> Iterator[str]:
    """Yield the statements that give a table the comments of a database's mart and its columns.

    dbt writes the comments of the warehouse (persist_docs); the gold file and Postgres get theirs
    from there.
    """
    relations = (
        "select comment, database_name, schema_name, table_name from duckdb_tables() union all "
        "select comment, database_name, schema_name, view_name from duckdb_views()"
    )
    # DuckDB would import pandas for parameters, which takes longer than all comments.
    where = (
        f"where database_name = {literal(database)} and schema_name = 'marts' "
        f"and table_name = {literal(mart)} and comment is not null"
    )
    for (about,) in connection.execute(f"select comment from ({relations}) {where}").fetchall():
        yield f"comment on table {table} is {literal(about)}"
    for name, about in connection.execute(
        f"select column_name, comment from duckdb_columns() {where}"
    ).fetchall():
        yield f'comment on column {table}."{name}" is {literal(about)}'
