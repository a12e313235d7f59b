"""A usage report as JSON, CSV or a terminal table."""

import csv
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

from rich import box
from rich.cells import set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cca.terminal import new_console, printable
from cca.usage import behaviour, findings
from cca.usage.findings import FINDINGS
from cca.usage.reports import Report, Value

# Column of the terminal table: the measures it adds up.
_SHOWN = {
    "messages": ("api_messages",),
    "input": ("input_tokens",),
    "output": ("output_tokens",),
    "cache write": ("cache_write_5m_tokens", "cache_write_1h_tokens"),
    "cache read": ("cache_read_tokens",),
    "USD": ("cost_usd",),
}
_CALLS: dict[str, tuple[str, ...]] = {
    "calls": ("calls",),
    "failed": ("failed",),
    "declined": ("rejected",),
    "open": ("pending",),
    "success %": ("success_rate",),
    "median s": ("p50_duration_ms",),
    "95% within s": ("p95_duration_ms",),
}
_BURN: dict[str, tuple[str, ...]] = {
    "tokens/min": ("tokens_per_minute",),
    "USD/h": ("usd_per_hour",),
    "projected USD": ("projected_usd",),
}
_LIMITS: dict[str, tuple[str, ...]] = {
    "used %": ("used_percentage",),
    "expected %": ("expected_percentage",),
    "tokens": ("tokens",),
    "USD": ("cost_usd",),
    "tokens for 1 %": ("tokens_per_percent",),
    "USD for 1 %": ("usd_per_percent",),
}
# A session on a terminal: what fits in 100 columns, its cost before its tokens.
_SESSION = {
    "USD": ("cost_usd",),
    "input": ("input_tokens",),
    "output": ("output_tokens",),
    "cache": ("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens"),
}
_SHORT_ID = 8
_SEARCHED = {"USD with searches": ("cost_usd_with_web_search",)}
# Piped output has no width of its own: it gets what its rows need.
_ANY_WIDTH = 100_000


def as_json(report: Report) -> str:
    """One object: rows, totals, and the models that are not fully priced."""
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
    columns = [*report.dimensions, *report.measures]
    writer.writerow(columns)
    writer.writerows([[_cell(row[column]) for column in columns] for row in report.rows])
    return out.getvalue()


def _cell(value: Value) -> Any:
    """Money with its places written out: never 0E-8."""
    return f"{value:f}" if isinstance(value, Decimal) else value


def print_table(report: Report, console: Console | None = None) -> None:
    """Rows with a line of totals: a narrow terminal wraps texts, no number is ever cut."""
    console = console or new_console()
    if _lacks_limits(report):
        return
    if console.is_terminal and report.kind == "session":
        console.print(_session_table(report))
        return
    if report.kind == "behaviour":
        table = behaviour.table(report.rows, report.totals)
    else:
        table = _table(report, report.dimensions, _columns(report))
    if not console.is_terminal:
        console = new_console(width=Console(width=_ANY_WIDTH).measure(table).maximum)
    console.print(table)


def _columns(report: Report) -> dict[str, tuple[str, ...]]:
    if report.kind == "tools":
        return _CALLS
    if report.kind == "limits":
        return _LIMITS
    if report.kind == "blocks":
        return _SHOWN | _BURN
    if report.kind in FINDINGS:
        headings = FINDINGS[report.kind].headings
        return {heading: (name,) for heading, name in headings.items()}
    is_searched = report.totals["cost_usd"] != report.totals["cost_usd_with_web_search"]
    return _SHOWN | (_SEARCHED if is_searched else {})


def _session_table(report: Report) -> Table:
    rows = tuple(
        row
        | {
            "session_id": _short(str(row["session_id"])),
            "started": str(row["started_at"] or "")[:10],
        }
        for row in report.rows
    )
    short = replace(report, rows=rows)
    table = _table(short, ("session_id", "started", "title"), _SESSION)
    for column in table.columns[:2]:
        column.no_wrap = True
    title = table.columns[2]
    title.no_wrap, title.overflow, title.ratio = True, "ellipsis", 1
    table.expand = True
    return table


def _short(session_id: str) -> str:
    """The first cells of an id; a session without a UUID is known by the end of its path."""
    name = printable(session_id).rstrip("/").rsplit("/", 1)[-1]
    return set_cell_size(name, _SHORT_ID).rstrip()


def _table(report: Report, dimensions: tuple[str, ...], shown: dict[str, tuple[str, ...]]) -> Table:
    # Windows of limits overlap: they have no total.
    has_total = report.kind != "limits"
    table = Table(box=box.SIMPLE_HEAD, show_footer=has_total, pad_edge=False)
    for index, name in enumerate(dimensions):
        heading = name.removesuffix("_id").replace("_", " ")
        table.add_column(heading, "total" if index == 0 else "", overflow="fold")
    for heading, names in shown.items():
        widest = max(len(_sum(row, names)) for row in (*report.rows, report.totals))
        table.add_column(
            heading,
            _sum(report.totals, names),
            justify="right",
            no_wrap=True,
            min_width=widest,
            style="bold" if heading == "USD" else "",
        )
    for row in report.rows:
        table.add_row(
            *(_text(row[name]) for name in dimensions),
            *(_sum(row, names) for names in shown.values()),
        )
    return table


def warning(report: Report) -> str | None:
    """What a reader must know of the numbers, in one line."""
    if report.kind == "behaviour":
        return behaviour.NOTE
    if report.kind in FINDINGS:
        return findings.note(report.kind, report.totals)
    if _lacks_limits(report):
        return "No status line has recorded limits: `cca statusline --setup`, docs/limits.md"
    if not report.unpriced_models:
        return None
    names = ", ".join(
        printable(name) or "answers without a model" for name in report.unpriced_models
    )
    return f"Not fully priced: {names}. The real cost is higher; `cca prices update` may know more."


def _lacks_limits(report: Report) -> bool:
    return report.kind == "limits" and not report.rows


def _plain(row: dict[str, Value]) -> dict[str, Any]:
    return {name: _number_or_text(value) for name, value in row.items()}


def _number_or_text(value: Value) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _sum(row: dict[str, Value], names: tuple[str, ...]) -> str:
    name, value = names[0], row[names[0]]
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:,.8f}"
        case float() if name.endswith("_rate"):
            return f"{100 * value:.1f}"
        case float() if name.endswith("_ms"):
            return f"{value / 1000:,.2f}"
        case float():
            return f"{value:,.2f}"
    return f"{sum(item for item in (row[key] for key in names) if isinstance(item, int)):,}"


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "open" if value else ""
    return "" if value is None else escape(printable(str(value).replace("\n", " ")))
