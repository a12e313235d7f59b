"""dbt's description of the raw tables, rendered from cca.records."""

import pyarrow as pa

from cca.records import DATASETS, raw_schema
from cca.settings import PROJECT_DIR

SOURCES_PATH = PROJECT_DIR / "dbt" / "models" / "staging" / "_sources.yml"
_ABOUT = {
    "conversations": "One row per entry of the archive, copies in forks and resumes too.",
    "content_blocks": "One row per content block of an entry.",
    "limits": "One row per reading of the plan's limits that a status line recorded.",
    "rejects": "One row per document that did not become a row, with the reason.",
}
# A day without conversations is no fault, a week of them in a pipeline that runs hourly may be.
_FRESHNESS = (
    "        config:",
    "          loaded_at_field: ingested_at",
    "          freshness:",
    "            warn_after: {count: 7, period: day}",
)
_LOADED = {
    "lake_file": "File of the lake the row came from.",
    "load_seq": "Number of the load that brought the row.",
}


def sources_yaml() -> str:
    """The whole file; dbt/models/staging/_sources.yml is this text."""
    lines = [
        "# Made from include/records.py by `python -m cca.transform.sources`.",
        "sources:",
        "  - name: raw",
        "    description: What load makes of the lake; keyed by `_id`, and block index for blocks.",
        "    tables:",
    ]
    for name in DATASETS:
        lines += [
            f"      - name: {name}",
            f"        description: {_ABOUT[name]}",
            *(_FRESHNESS if name == "conversations" else ()),
            "        columns:",
        ]
        for column, doc in _columns(raw_schema(name)):
            lines += [f"          - name: {column}", f"            description: {_quoted(doc)}"]
    return "\n".join(lines) + "\n"


def _columns(schema: pa.Schema) -> list[tuple[str, str]]:
    documented = [(field.name, (field.metadata or {})[b"doc"].decode()) for field in schema]
    return documented + list(_LOADED.items())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    SOURCES_PATH.write_text(sources_yaml(), encoding="utf-8")
