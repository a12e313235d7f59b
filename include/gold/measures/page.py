"""Files that are written from the measures: docs/measures.md and dbt's metrics; `make docs`."""

from pathlib import Path

from cca.gold.measures import MEASURES, semantic
from cca.gold.measures.dimensions import DIMENSIONS
from cca.gold.measures.model import Measure
from cca.settings import PROJECT_DIR

_HEAD = """\
# Measures

Written by `make docs` from `include/gold/measures`. Every number that the product shows is one of
these. `cca usage`, the browser, the Metabase boards and the exports take it from there, and so do
dbt's metrics in `dbt/models/_metrics.yml`.

A measure counts the rows of one table that its population names. An additive measure of parts adds
up to that of the whole: the cost of two days is the sum of both. Counts of different things, rates
and percentiles are not additive.
"""


def files() -> dict[Path, str]:
    """Each generated file and what it must hold."""
    tables = list(dict.fromkeys(each.table for each in MEASURES.values()))
    parts = [_HEAD, *map(_table, tables), _dimensions()]
    return {
        PROJECT_DIR / "docs" / "measures.md": "\n".join(parts),
        PROJECT_DIR / "dbt" / "models" / "_metrics.yml": semantic.document(),
    }


def _table(name: str) -> str:
    rows = [_row(each) for each in MEASURES.values() if each.table == name]
    head = [f"## From {name}", "", "| measure | name | unit | additive | what it counts |"]
    return "\n".join([*head, "|---|---|---|---|---|", *rows, ""])


def _row(measure: Measure) -> str:
    additive = "yes" if measure.is_additive else "no"
    sql = f"`{measure.expression}`".replace("|", "\\|")
    return (
        f"| {measure.label} | `{measure.name}` | {measure.unit} | {additive} | "
        f"{measure.description}<br>{sql} |"
    )


def _dimensions() -> str:
    rows = [
        f"| {each.label} | `{each.name}` | {each.description} |" for each in DIMENSIONS.values()
    ]
    return "\n".join(["## Dimensions", "", "| dimension | name | |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
