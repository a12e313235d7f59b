"""Read-only SQL over the gold file."""

import csv
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cca.errors import WarehouseError
from cca.gold.open import open_gold
from cca.terminal import new_console, printable

# The marts' only time on the clock of TIMEZONE; all others are UTC and end in Z.
_LOCAL = "hour_at"
_UTC_COLUMNS = f"""
select distinct column_name from information_schema.columns
where table_schema = 'marts' and data_type like 'TIMESTAMP%' and column_name <> '{_LOCAL}'
"""
# Wide enough for any row, so that nothing is cut where a program reads.
_PIPED_WIDTH = 100_000


@dataclass(frozen=True)
class Answer:
    """Column names, which may repeat, and rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def ask(
    gold_path: Path, sql: str, *, rows: int | None = None, seconds: float | None = None
) -> Answer:
    """Run one statement; tables are found without `marts.` before their name.

    `rows` is how many are fetched at most, `seconds` how long the statement may run.

    Raises:
        WarehouseError: It does not run, is not one statement, or takes too long.

    """
    with open_gold(gold_path) as gold, _limited(gold, seconds):
        # Gold may be shared: a query reads these tables and no file of this machine.
        gold.execute(
            "set timezone = 'UTC'; set search_path = 'marts'; set enable_external_access = false"
        )
        # DuckDB draws it on standard output, where the rows go
        gold.execute("set enable_progress_bar = false")
        try:
            if len(gold.extract_statements(sql)) != 1:
                raise WarehouseError("a query is one SQL statement; give each its own `cca query`")
            cursor = gold.execute(sql)
            columns = tuple(column[0] for column in cursor.description or ())
            found = cursor.fetchall() if rows is None else cursor.fetchmany(rows)
            utc = _in_utc(gold, sql, columns)
            return Answer(columns, tuple(_on_clocks(utc, row) for row in found))
        except duckdb.InterruptException as error:
            raise WarehouseError(f"the query was stopped after {seconds:g} seconds") from error
        except duckdb.Error as error:
            raise WarehouseError(f"the query does not run: {error}") from error


@contextmanager
def _limited(gold: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, gold.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _in_utc(
    gold: duckdb.DuckDBPyConnection, sql: str, columns: tuple[str, ...]
) -> tuple[bool, ...]:
    """Whether a time in each column is UTC: made from a local one it may have any name."""
    if _LOCAL not in {*columns, *re.findall(r"\w+", sql.lower())}:
        return tuple(True for _ in columns)
    known = {name for (name,) in gold.execute(_UTC_COLUMNS).fetchall()}
    return tuple(name in known for name in columns)


def _on_clocks(utc: tuple[bool, ...], row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row with local times as text without a Z, which would call them UTC."""
    return tuple(
        value if is_utc or not isinstance(value, datetime) or value.tzinfo else value.isoformat()
        for is_utc, value in zip(utc, row, strict=True)
    )


def as_json(answer: Answer) -> str:
    rows = [dict(zip(answer.columns, map(_plain, row), strict=True)) for row in answer.rows]
    return json.dumps({"columns": list(answer.columns), "rows": rows}, ensure_ascii=False, indent=2)


def as_csv(answer: Answer) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_text(value) for value in row] for row in answer.rows)
    return out.getvalue()


def print_table(answer: Answer) -> None:
    """A table where it fits the terminal, else a block of lines for each row; nothing is cut."""
    cells = [[_shown(value) for value in row] for row in answer.rows]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(answer.columns):
        values = (row[number] for row in answer.rows)
        is_number = all(isinstance(each, int | float | Decimal | None) for each in values)
        table.add_column(escape(printable(name)), justify="right" if is_number else "left")
    for row in cells:
        table.add_row(*map(escape, row))
    console = new_console()
    width = Console(width=_PIPED_WIDTH).measure(table).maximum
    if not console.is_terminal:
        console = new_console(width=max(1, width))
    if width <= console.width:
        console.print(table)
    else:
        _print_blocks(console, answer.columns, cells)


def _shown(value: Any) -> str:
    return "" if value is None else printable(str(_text(value)))


def _print_blocks(console: Console, columns: tuple[str, ...], rows: list[list[str]]) -> None:
    margin = max(map(len, columns))
    for number, row in enumerate(rows, 1):
        console.rule(f"row {number}", align="left", style="dim")
        for name, value in zip(columns, row, strict=True):
            console.print(f"{printable(name):>{margin}}  {value}", markup=False, highlight=False)


def _text(value: Any) -> Any:
    """Returns a value as in JSON, but decimals stay decimals: 0.000055 rather than 5.5e-05."""
    if not isinstance(value, Decimal):
        return _plain(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _plain(value: Any) -> Any:  # noqa: PLR0911  (one line a type)
    """The value as JSON has it; times of the marts are UTC."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            utc = value.astimezone(UTC) if value.tzinfo else value
            return utc.replace(tzinfo=None).isoformat() + "Z"
        case date():
            return value.isoformat()
        case list() | tuple():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
