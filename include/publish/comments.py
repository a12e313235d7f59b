"""Writes dbt's descriptions of the marts into the gold file as comments; any client shows them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cca.sql import literal


@dataclass(frozen=True)
class Described:
    """A mart's description and those of its columns."""

    about: str
    columns: dict[str, str]

    def only(self, names: Iterable[str]) -> "Described":
        """Without columns that the table lacks: the manifest may be of a newer parse."""
        kept = {name: self.columns[name] for name in names if name in self.columns}
        return Described(self.about, kept)


def descriptions(manifest: Path) -> dict[str, Described]:
    """Every mart by name; nothing where dbt left no manifest, as gold works without."""
    try:
        nodes = json.loads(manifest.read_bytes())["nodes"].values()
    except (FileNotFoundError, ValueError, KeyError):
        return {}
    return {
        node["name"]: Described(
            node["description"],
            {name: column["description"] for name, column in node["columns"].items()},
        )
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }


def comments(table: str, described: Described) -> Iterator[str]:
    """Statements that put the descriptions on a table of just these columns."""
    yield f"comment on table {table} is {literal(described.about.strip())}"
    for name, about in described.columns.items():
        yield f'comment on column {table}."{name}" is {literal(about.strip())}'
