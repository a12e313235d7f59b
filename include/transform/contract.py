"""docs/gold.odcs.yaml, the contract of gold in the Open Data Contract Standard: `make docs`.

What is written there is promised: `make lint` fails, and `make docs` writes nothing, where a change
breaks it and `VERSION` has the same first number as before.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from cca.settings.project import document
from cca.transform.dictionary import models

# The first number counts breaking changes: a table or column that went, or has another type. Raise
# it with such a change, and say in CHANGELOG.md what a reader of gold has to do.
VERSION = "1.0.0"
_HEAD = "# Written by `make docs` from dbt/models/marts/.\n"
# DuckDB's types as the standard knows them; a decimal has its places in the physical type.
_LOGICAL = {
    "varchar": "string", "bigint": "integer", "integer": "integer", "double": "number",
    "decimal": "number", "boolean": "boolean", "date": "date", "timestamp": "timestamp",
}  # fmt: skip


def path() -> Path:
    return document("docs", "gold.odcs.yaml")


def contract() -> dict[str, Any]:
    """The contract as the models say it."""
    return {
        "apiVersion": "v3.0.2",
        "kind": "DataContract",
        "id": "claude-conversation-analytics-gold",
        "name": "Claude Code conversation analytics: gold",
        "version": VERSION,
        "status": "active",
        "description": {
            "purpose": "Conversations with Claude Code as tables: usage, cost, tools, sessions.",
            "limitations": "Times are UTC, a day is one of TIMEZONE, money is USD.",
            "usage": "Schema marts of gold/current.duckdb, read-only; replaced by each publish.",
        },
        "schema": [_table(model) for model in models()],
    }


def text() -> str:
    """The whole file as YAML."""
    return _HEAD + yaml.safe_dump(contract(), sort_keys=False, width=100, allow_unicode=True)


def breaks(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return a sentence for each promise of one contract that another does not keep.

    New tables and columns break nothing. A first number of the version that was raised allows all.
    """
    if _major(after) > _major(before):
        return []
    there = _columns(after)
    return [
        sentence
        for table, columns in _columns(before).items()
        for sentence in _broken(table, columns, there.get(table))
    ]


def _broken(table: str, columns: dict[str, Any], there: dict[str, Any] | None) -> Iterator[str]:
    if there is None:
        yield f"{table} went"
        return
    for name, column in columns.items():
        if name not in there:
            yield f"{table}.{name} went"
        elif there[name]["physicalType"] != column["physicalType"]:
            types = column["physicalType"], there[name]["physicalType"]
            yield f"{table}.{name} was {types[0]} and is {types[1]}"
        elif column.get("required") and not there[name].get("required"):
            yield f"{table}.{name} may be null now"


def check(before: dict[str, Any] | None) -> list[str]:
    """Return what the models break of a contract; nothing where there is none yet."""
    return breaks(before, contract()) if before else []


def written() -> dict[str, Any] | None:
    """Return the contract that the file holds, None where there is no file."""
    if not path().exists():
        return None
    found: dict[str, Any] = yaml.safe_load(path().read_text(encoding="utf-8"))
    return found


def _table(model: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": model["name"],
        "physicalName": f"marts.{model['name']}",
        "physicalType": "table",
        "logicalType": "object",
        "description": _line(model["description"]),
        "properties": [_property(column) for column in model["columns"]],
    }


def _property(column: dict[str, Any]) -> dict[str, Any]:
    kinds = {each["type"] for each in column.get("constraints", ())}
    tests = column.get("data_tests", ())
    physical = column["data_type"]
    return {
        "name": column["name"],
        "logicalType": _LOGICAL.get(re.sub(r"\(.*", "", physical), "object"),
        "physicalType": physical,
        **({"required": True} if "not_null" in kinds or "not_null" in tests else {}),
        **({"unique": True} if "unique" in tests else {}),
        "description": _line(column["description"]),
    }


def _columns(of: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        table["name"]: {column["name"]: column for column in table["properties"]}
        for table in of["schema"]
    }


def _major(of: dict[str, Any]) -> int:
    return int(str(of["version"]).split(".")[0])


def _line(words: str) -> str:
    return " ".join(words.split())


if __name__ == "__main__":
    if broken := check(written()):
        sys.exit(
            "docs/gold.odcs.yaml promises what the marts no longer keep: "
            f"{'; '.join(broken)}. Keep it, or raise VERSION in include/transform/contract.py."
        )
    if "--check" not in sys.argv[1:]:
        path().write_text(text(), encoding="utf-8")
