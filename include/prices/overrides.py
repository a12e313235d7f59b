"""The user's own prices: a CSV that goes before the price list, checked before dbt reads it."""

import csv
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from cca.errors import SettingError

REQUIRED = ("model", "input_usd_per_mtok", "output_usd_per_mtok")
PRICES = (
    "input_usd_per_mtok", "output_usd_per_mtok", "cache_read_usd_per_mtok",
    "cache_write_5m_usd_per_mtok", "cache_write_1h_usd_per_mtok", "web_search_usd",
)  # fmt: skip
DAYS = ("valid_from", "valid_to")
COLUMNS = ("model", "variant", *DAYS, *PRICES)
VARIANTS = ("", "standard", "fast", "batch")


def check_overrides(path: Path | None) -> int:
    """How many prices the file holds; a mistake raises with its line, column and the fix."""
    if path is None:
        return 0
    if not path.is_file():
        raise SettingError(f"PRICES_FILE: {path} does not exist; unset it or write that file")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        names = reader.fieldnames or []
        missing = [name for name in REQUIRED if name not in names]
        unknown = [name for name in names if name not in COLUMNS]
        if missing or unknown:
            message = (
                f"PRICES_FILE: {path}: missing columns {missing}, unknown columns {unknown}; "
                f"there are {', '.join(COLUMNS)}"
            )
            raise SettingError(message)
        rows = list(reader)
    for number, row in enumerate(rows, start=2):
        _check(f"PRICES_FILE: {path}:{number}", row)
    return len(rows)


def _check(place: str, row: dict[str, str | None]) -> None:
    values = {name: (value or "").strip() for name, value in row.items() if name}
    for name in REQUIRED:
        if not values[name]:
            raise SettingError(f"{place}: {name} is empty")
    if values.get("variant", "") not in VARIANTS:
        raise SettingError(f"{place}: variant is standard, fast or batch")
    for name in PRICES:
        if values.get(name) and not _is_price(values[name]):
            raise SettingError(f"{place}: {name} is no price: {values[name]!r}")
    for name in DAYS:
        if values.get(name) and not _is_day(values[name]):
            raise SettingError(f"{place}: {name} is no day such as 2026-11-01: {values[name]!r}")


def _is_price(text: str) -> bool:
    try:
        return Decimal(text) >= 0
    except InvalidOperation:
        return False


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
