"""The table of cases, read once: entries as written, and what each is."""

from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("cases.yaml")


def cases() -> list[dict[str, Any]]:
    """Returns the rows with whole entries: `text` stands for a user's message of that content."""
    rows = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return [row | {"entry": _whole(row["entry"])} for row in rows]


def _whole(entry: dict[str, Any]) -> dict[str, Any]:
    whole = {"type": "user"} | entry
    if "text" in whole:
        whole["message"] = {"role": "user", "content": whole.pop("text")}
    return whole
