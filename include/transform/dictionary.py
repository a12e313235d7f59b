"""docs/gold.md, the tables of the gold file, written from the descriptions in dbt/: `make docs`."""

from pathlib import Path
from typing import Any

import yaml

from cca.settings import PROJECT_DIR
from cca.settings.project import document

_ASKED = PROJECT_DIR / "dbt" / "questions.yaml"
_HEAD = """\
# The gold file

Written by `make docs` from `dbt/models/marts/`. Schema `marts`; `cca query` reads it, and any
DuckDB client: `~/.claude-sync/gold/current.duckdb`, read-only. Times are UTC, a `day` is one of
`TIMEZONE`, money is USD.

How they are made from raw, with every test: `cca docs`.
"""
_QUESTIONS = """\
## Questions and their queries

`cca query` finds the tables without `marts.`; another client runs `use marts` first. Costs come
from `fct_api_messages`, where each response stands once with what caused it: its prompt (a subagent
counts for the prompt that started it), skill, plugin, MCP tool, subagent, branch, pull request,
effort, version and user. `agg_cost_by_cause` has the same as one table: pick one `cause_kind`, as
every kind counts all responses.
"""


def files() -> dict[Path, str]:
    """The generated page and what it must hold."""
    models = [
        model
        for path in sorted((PROJECT_DIR / "dbt" / "models" / "marts").glob("[a-z]*.yml"))
        for model in yaml.safe_load(path.read_text())["models"]
    ]
    contents = [f"- [{m['name']}](#{m['name']}): {_first_sentence(m)}" for m in models]
    parts = [_HEAD, *contents, "", _QUESTIONS, *map(_question, questions()), *map(_table, models)]
    return {document("docs", "gold.md"): "\n".join(parts)}


def questions() -> list[dict[str, str]]:
    """What people ask of gold: `question`, a `key` of one word, and the `sql` that answers it."""
    found: list[dict[str, str]] = yaml.safe_load(_ASKED.read_text())
    return found


def _question(asked: dict[str, str]) -> str:
    return f"**{asked['question']}**\n\n```sql\n{asked['sql']}```\n"


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
