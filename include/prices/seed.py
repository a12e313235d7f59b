"""Writes dbt's price seed from the installed genai-prices package."""

import csv
from dataclasses import asdict, fields
from datetime import date
from decimal import Decimal
from importlib.metadata import version
from io import StringIO
from pathlib import Path

from genai_prices.data_snapshot import get_snapshot

from cca.files import replace_file
from cca.prices.table import PriceRow, price_rows


def current_rows() -> list[PriceRow]:
    """The prices of the installed genai-prices, and our own where it has none."""
    provider = next(item for item in get_snapshot().providers if item.id == "anthropic")
    return price_rows(provider, f"genai-prices {version('genai-prices')}")


def seed_text(rows: list[PriceRow]) -> str:
    """The seed as CSV; the same rows give the same bytes."""
    out = StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(PriceRow)], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in asdict(row).items()})
    return out.getvalue()


def write_seed(path: Path) -> int:
    """Replace the seed as a whole; returns how many price rows it holds."""
    rows = current_rows()
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, seed_text(rows))
    return len(rows)


def _cell(value: str | int | date | Decimal) -> str:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)
