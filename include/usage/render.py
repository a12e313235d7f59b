"""A usage report as JSON, CSV or a terminal table."""

import csv
import json
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from include.usage.reports import MEASURES, Report, Value

# Column of the terminal table: the measures it adds up.
_SHOWN = {
    "messages": ("api_messages",),
    "input": ("input_tokens",),
    "output": ("output_tokens",),
    "cache write": ("cache_write_5m_tokens", "cache_write_1h_tokens"),
    "cache read": ("cache_read_tokens",),
    "USD": ("cost_usd",),
}
_SEARCHED = {"USD with searches": ("cost_usd_with_web_search",)}
# Piped output has no width of its own: it gets what its rows need.
_ANY_WIDTH = 100_000


def as_json(report: Report) -> str:
    """One object: rows, totals, and the models whose cost is unknown and counted as 0."""
    content = {
        "rows": [_plain(row) for row in report.rows],
        "totals": _plain(report.totals),
        "unpriced_models": list(report.unpriced_models),
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def as_csv(report: Report) -> str:
    """Rows only; a spreadsheet adds up itself."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = [*report.dimensions, *MEASURES]
    writer.writerow(columns)
    writer.writerows([[row[column] for column in columns] for row in report.rows])
    return out.getvalue()


def print_table(report: Report, console: Console | None = None) -> None:
    """Rows with a line of totals: a narrow terminal wraps texts, no number is ever cut."""
    table = _table(report)
    console = console or Console()
    if not console.is_terminal:
        console = Console(width=Console(width=_ANY_WIDTH).measure(table).maximum)
    console.print(table)


def _table(report: Report) -> Table:
    is_searched = report.totals["cost_usd"] != report.totals["cost_usd_with_web_search"]
    shown = _SHOWN | (_SEARCHED if is_searched else {})
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False)
    for index, name in enumerate(report.dimensions):
        heading = name.removesuffix("_id").replace("_", " ")
        table.add_column(heading, "total" if index == 0 else "", overflow="fold")
    for heading, names in shown.items():
        table.add_column(
            heading,
            _sum(report.totals, names),
            justify="right",
            no_wrap=True,
            min_width=len(_sum(report.totals, names)),
        )
    for row in report.rows:
        table.add_row(
            *(_text(row[name]) for name in report.dimensions),
            *(_sum(row, names) for names in shown.values()),
        )
    return table


def warning(report: Report) -> str | None:
    """What the totals leave out, in one line."""
    if not report.unpriced_models:
        return None
    names = ", ".join(report.unpriced_models)
    return f"No price is known for {names}: counted as 0 USD, so the cost is a lower bound."


def _plain(row: dict[str, Value]) -> dict[str, Any]:
    return {name: _number_or_text(value) for name, value in row.items()}


def _number_or_text(value: Value) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _sum(row: dict[str, Value], names: tuple[str, ...]) -> str:
    values = [row[name] for name in names]
    if isinstance(values[0], Decimal):
        return f"{values[0]:,.8f}"
    return f"{sum(value for value in values if isinstance(value, int)):,}"


def _text(value: Value) -> str:
    return "" if value is None else escape(str(value).replace("\n", " "))
