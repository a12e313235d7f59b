"""docs/gold.md, the tables of the gold file, written from the descriptions in dbt/: `make docs`."""

from pathlib import Path
from typing import Any

import yaml

from cca.settings import PROJECT_DIR
from cca.settings.project import document

_HEAD = """\
# The gold file

Written by `make docs` from `dbt/models/marts/`. Schema `marts`; `cca query` reads it, and any
DuckDB client: `~/.claude-sync/gold/current.duckdb`, read-only. Times are UTC, a `day` is one of
`TIMEZONE`, money is USD.

How they are made from raw, with every test: `cca docs`.
"""


def files() -> dict[Path, str]:
    """The generated page and what it must hold."""
    models = [
        model
        for path in sorted((PROJECT_DIR / "dbt" / "models" / "marts").glob("[a-z]*.yml"))
        for model in yaml.safe_load(path.read_text())["models"]
    ]
    contents = [f"- [{m['name']}](#{m['name']}): {_first_sentence(m)}" for m in models]
    return {document("docs", "gold.md"): "\n".join([_HEAD, *contents, "", *map(_table, models)])}


def _table(model: dict[str, Any]) -> str:
    rows = [
        f"| `{column['name']}` | {column['data_type']} | {_line(column['description'])} |"
        for column in model["columns"]
    ]
    head = [f"## {model['name']}", "", _line(model["description"]), ""]
    return "\n".join([*head, "| column | type | |", "|---|---|---|", *rows, ""])


def _first_sentence(model: dict[str, Any]) -> str:
    return _line(model["description"]).split(". ")[0].rstrip(".") + "."


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
