"""A list of rows in any of the formats: sessions, or what a search found."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from cca.export.html import document
from cca.export.lines import csv_line

Rows = Iterable[Sequence[Any]]


def write(form: str, title: str, columns: Sequence[str], rows: Rows) -> Iterator[str]:
    """Nothing at all without rows."""
    plain = [tuple(map(_plain, row)) for row in rows]
    if not plain:
        return iter(())
    if form == "csv":
        return map(csv_line, [columns, *plain])
    if form == "md":
        return _markdown(title, columns, plain)
    if form == "html":
        return _html(title, columns, plain)
    objects = [dict(zip(columns, row, strict=True)) for row in plain]
    if form == "jsonl":
        return (json.dumps(row, ensure_ascii=False) + "\n" for row in objects)
    return iter([json.dumps({"rows": objects}, ensure_ascii=False, indent=1) + "\n"])


def _markdown(title: str, columns: Sequence[str], rows: Rows) -> Iterator[str]:
    yield f"# {' '.join(title.split())}\n\n"
    yield f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    for row in rows:
        cells = (" ".join(str(value).split()).replace("|", "\\|") for value in row)
        yield f"| {' | '.join(cells)} |\n"


def _html(title: str, columns: Sequence[str], rows: Rows) -> Iterator[str]:
    def cells(tag: str, values: Iterable[Any]) -> Markup:
        cell = Markup("<{0}>{{}}</{0}>").format(tag)
        return Markup("<tr>{}</tr>\n").format(Markup("").join(cell.format(v) for v in values))

    body = Markup("").join(cells("td", row) for row in rows)
    yield from document(
        iter(
            [
                Markup("<main class=table>\n<header><h1>{}</h1></header>\n<table>\n").format(title),
                Markup("<thead>{}</thead>\n").format(cells("th", columns)),
                Markup("<tbody>{}</tbody></table></main>\n").format(body),
            ]
        )
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return float(value)
    return "" if value is None else value
