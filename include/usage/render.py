"""A usage report as JSON or CSV, and what a reader must know of it."""

import csv
import json
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

from cca.terminal import printable
from cca.usage import behaviour, findings
from cca.usage.findings import FINDINGS
from cca.usage.reports import Report, Value


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
