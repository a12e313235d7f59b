"""A table of a page as CSV: the same rows and columns, figures with all their places."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from cca.dashboards.browser.numbers.parts import Cell, Column, Table
from cca.dashboards.browser.numbers.write import Figure
from cca.export.lines import csv_line


def csv_of(table: Table) -> str:
    """The head and a line for each row; texts that a spreadsheet would execute are defused."""
    cells = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    columns = [
        column for pair in zip(table.columns, cells, strict=True) for column in _columns(*pair)
    ]
    return "".join(csv_line(line) for line in zip(*columns, strict=True))


def _columns(column: Column, cells: tuple[Cell, ...]) -> Iterator[list[Any]]:
    """A column with its unit, one more for units that differ, and one for what stands beside."""
    own = [cell.text.unit if isinstance(cell.text, Figure) else "" for cell in cells]
    units = set(own) - {""}
    unit = f" ({next(iter(units))})" if len(units) == 1 else ""
    yield [f"{column.name}{unit}", *(_written(cell) for cell in cells)]
    if len(units) > 1:
        yield [f"Unit of {column.name}", *own]
    if any(cell.sub for cell in cells):
        yield [column.beside or f"About {column.name}", *(cell.sub for cell in cells)]


def _written(cell: Cell) -> Any:
    value = cell.value
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, Decimal):
        # The places that it has, and not those of its column.
        return f"{value.normalize():f}"
    return "" if value is None else value
