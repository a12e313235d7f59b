"""The tools `usage`, `sql` and `schema`: numbers of gold, and the tables they come from."""

from datetime import date
from typing import Any, cast

from cca.errors import NotFound, SettingError
from cca.mcp.archive import Archive
from cca.mcp.reply import Row, clean, fitted, offset_of, shortened
from cca.usage.kinds import Kind
from cca.usage.projects import known_host, known_model
from cca.usage.query import ask
from cca.usage.reports import report

_MOST_ROWS, _MOST_SECONDS = 1_000, 10.0
_ABOUT_CHARACTERS = 110
_COLUMN_CHARACTERS = 200
_TABLES = """
select table_name, comment from duckdb_tables() where schema_name = 'marts' union all
select view_name, comment from duckdb_views() where schema_name = 'marts' and not internal
order by 1
"""
_COLUMNS = """
select column_name as "column", lower(data_type) as "type", comment as about
from duckdb_columns()
where schema_name = 'marts' and table_name = $table order by column_index
"""


def usage(  # noqa: PLR0913  (the arguments of the tool)
    archive: Archive, by: str, *, since: str = "", until: str = "", project: str = "",
    host: str = "", model: str = "", cursor: str = "", max_bytes: int,
) -> Row:  # fmt: skip
    """Report tokens, cost or calls by one of `KINDS`; the totals are those of all rows."""
    gold = archive.settings.gold_path
    made = report(
        gold, cast("Kind", by), _day(since, "since"), _day(until, "until"),
        archive.project(project) or None, host=known_host(gold, host) if host else None,
        model=known_model(gold, model) if model else None,
    )  # fmt: skip
    offset = offset_of(cursor)
    rows = [_spoken(row) for row in made.rows]
    # The newest days are what is asked for; other reports begin with the largest.
    if made.dimensions[0] in {"day", "week", "month", "block_start"}:
        rows.reverse()
    head: Row = {"fresh": archive.fresh(), "totals": _spoken(made.totals)}
    if made.unpriced_models:
        head["models_without_a_price"] = list(made.unpriced_models)
    return fitted(rows[offset:], head, most_bytes=max_bytes, offset=offset)


def _spoken(row: Any) -> Row:
    """The row without its zeros: half of all token columns are 0."""
    return {name: value for name, value in clean(row).items() if value != 0 or name == "cost_usd"}


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SettingError(f"{name} {text[:40]!r} is no day; write it as 2026-11-21") from None


def sql(
    archive: Archive, statement: str, *, limit: int = 100, cursor: str = "", max_bytes: int
) -> Row:
    """Run one read-only statement over gold.

    Raises:
        WarehouseError: It does not run, or takes longer than ten seconds.
        SettingError: The server is limited to a project, and SQL would read all of them.

    """
    if archive.lock:
        raise SettingError("this server answers for one project only; SQL would read all of them")
    offset = offset_of(cursor)
    most = min(limit, _MOST_ROWS)
    answer = ask(
        archive.settings.gold_path, statement, rows=offset + most + 1, seconds=_MOST_SECONDS
    )
    rows = [{"row": list(row)} for row in answer.rows[offset : offset + most]]
    head = {"fresh": archive.fresh(), "columns": list(answer.columns)}
    found = fitted(
        rows, head, most_bytes=max_bytes, offset=offset,
        are_more=len(answer.rows) > offset + most,
    )  # fmt: skip
    # Lists, and not objects: names of columns may repeat.
    found["rows"] = [each["row"] for each in found["rows"]]
    return found


def schema(archive: Archive, *, table: str = "", max_bytes: int) -> Row:
    """Describe the tables of gold in a line each, or the columns of one.

    Raises:
        NotFound: Gold has no such table.

    """
    head: Row = {"fresh": archive.fresh()}
    tables = {row["table_name"]: row["comment"] for row in archive.rows(_TABLES)}
    if not table:
        rows = [{"table": name, "about": _first_sentence(about)} for name, about in tables.items()]
        return fitted(rows, head, most_bytes=max_bytes)
    if table not in tables:
        raise NotFound(f"gold has no table {table[:60]!r}; `schema` without one lists them")
    head["about"] = tables[table]
    rows = [
        each | {"about": shortened(each["about"] or "", _COLUMN_CHARACTERS)}
        for each in archive.rows(_COLUMNS, {"table": table})
    ]
    return fitted(rows, head, most_bytes=max_bytes)


def _first_sentence(text: str | None) -> str:
    return shortened((text or "").split(". ")[0].strip(), _ABOUT_CHARACTERS)
