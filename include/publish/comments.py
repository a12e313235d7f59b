"""Copies dbt's descriptions of the marts as comments, which any client shows."""

from collections.abc import Iterator, Mapping

import duckdb

from cca.sql import list_literal, literal


def comments(
    connection: duckdb.DuckDBPyConnection, database: str, tables: Mapping[str, str]
) -> Iterator[str]:
    """Yield the statements that give tables the comments of a database's marts and their columns.

    `tables` has the table of each mart, as it stands in a statement. dbt writes the comments of
    the warehouse (persist_docs); the gold file and Postgres get theirs from there.
    """
    relations = (
        "select comment, database_name, schema_name, table_name from duckdb_tables() union all "
        "select comment, database_name, schema_name, view_name from duckdb_views()"
    )
    # DuckDB would import pandas for parameters, which takes longer than all comments.
    where = (
        f"where database_name = {literal(database)} and schema_name = 'marts' "
        f"and table_name in (select unnest({list_literal(tables)})) and comment is not null"
    )
    for mart, about in connection.execute(
        f"select table_name, comment from ({relations}) {where}"
    ).fetchall():
        yield f"comment on table {tables[mart]} is {literal(about)}"
    for mart, name, about in connection.execute(
        f"select table_name, column_name, comment from duckdb_columns() {where}"
    ).fetchall():
        yield f'comment on column {tables[mart]}."{name}" is {literal(about)}'
