"""A table of a page as CSV: the same rows and columns, figures with all their places."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from cca.dashboards.browser.numbers.parts import Cell, Column, Table
from cca.dashboards.browser.numbers.write import Figure
from cca.export.lines import csv_line


def csv_of(table: Table) -> str:
    """The head and a line for each row; texts that a spreadsheet would execute are defused."""
    cells = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    pairs = list(zip(table.columns, cells, strict=True))
    # Where the rows differ in unit, a column says it, and the heads do not.
    is_mixed = any(len(_units(own)) > 1 for column, own in pairs if not column.units)
    columns = [each for pair in pairs for each in _columns(*pair, is_mixed=is_mixed)]
    if is_mixed:
        columns.insert(1, ["Unit", *(_unit_of(table, row) for row in table.rows)])
    return "".join(csv_line(line) for line in zip(*columns, strict=True))


def _columns(column: Column, cells: tuple[Cell, ...], *, is_mixed: bool) -> Iterator[list[Any]]:
    """A column with its unit, or one for each of its units, and one for what stands beside."""
    if column.units:
        for unit in column.units:
            own = (_written(cell) if _unit(cell) == unit else "" for cell in cells)
            yield [f"{column.name} ({unit})", *own]
        return
    units = _units(cells)
    unit = f" ({next(iter(units))})" if len(units) == 1 and not is_mixed else ""
    yield [f"{column.name}{unit}", *(_written(cell) for cell in cells)]
    if any(cell.sub for cell in cells):
        yield [column.beside or f"About {column.name}", *(cell.sub for cell in cells)]


def _unit(cell: Cell) -> str:
    return cell.text.unit if isinstance(cell.text, Figure) else ""


def _units(cells: Sequence[Cell]) -> set[str]:
    return {_unit(cell) for cell in cells} - {""}


def _unit_of(table: Table, row: Sequence[Cell]) -> str:
    """The unit of a row, which its differences do not have."""
    own = (_unit(cell) for column, cell in zip(table.columns, row, strict=True) if not column.units)
    return next(filter(None, own), "")


def _written(cell: Cell) -> Any:
    value = cell.value
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, Decimal):
        # The places that it has, and not those of its column.
        return f"{value.normalize():f}"
    return "" if value is None else value
