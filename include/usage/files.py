"""What was done to a file, in which session, and what had been asked for before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from cca.gold.measures import calls
from cca.gold.open import rows_of

# A path is the whole of one, or its end.
SAME_FILE = "(f.file_path = $file or ends_with(f.file_path, '/' || ltrim($file, '/')))"
_OPERATIONS = f"""
select f.started_at, f.session_id, f.tool_use_id, f.agent_id, f.tool_name, f.operation,
    f.file_path, f.status, f.lines_added, f.lines_removed, p.prompt, s.title
from marts.fct_file_operations as f
asof left join (
    select session_id, sent_at, prompt from marts.fct_prompts where sent_at is not null
) as p on f.session_id = p.session_id and f.started_at >= p.sent_at
left join marts.dim_sessions as s on s.session_id = f.session_id
where {SAME_FILE} and ($project = '' or $project in (f.project_key, f.project_id))
    and ($since::date is null or f.started_at >= $since::date)
    and ($reads or f.operation <> 'read') and not list_contains($without, f.session_id)
order by f.started_at desc, f.tool_use_id limit $limit offset $offset
"""

# Files whose path holds a text, the one that was touched last first.
_TOUCHED = f"""
select file_path, {calls.CHANGES.expression} as changes,
    {calls.FILE_OPERATIONS.expression} - {calls.CHANGES.expression} as reads,
    {calls.TOUCHING_SESSIONS.expression} as sessions,
    {calls.LINES_ADDED.expression} as lines_added,
    {calls.LINES_REMOVED.expression} as lines_removed, max(started_at) as last_at
from marts.fct_file_operations
where file_path <> '' and contains(lower(file_path), lower($text))
group by file_path order by last_at desc nulls last, file_path limit $limit
"""


@dataclass(frozen=True)
class Asked:
    """Which operations are meant: `project` is a key or a slug, `since` a day (2026-11-01)."""

    path: str
    project: str = ""
    since: str = ""
    reads: bool = False
    without: Sequence[str] = ()


def file_operations(
    gold: duckdb.DuckDBPyConnection, asked: Asked, limit: int, offset: int = 0
) -> list[dict[str, Any]]:
    """Returns what was done to a file, the newest first, each with the prompt before it."""
    bound = {
        "file": asked.path.replace("\\", "/"), "project": asked.project,
        "since": asked.since or None, "reads": asked.reads, "without": list(asked.without),
        "limit": limit, "offset": offset,
    }  # fmt: skip
    return rows_of(gold, _OPERATIONS, bound)


def touched_files(gold: duckdb.DuckDBPyConnection, text: str, limit: int) -> list[dict[str, Any]]:
    """Returns files whose path holds the text, with counts; the one touched last first."""
    return rows_of(gold, _TOUCHED, {"text": text.replace("\\", "/"), "limit": limit})


def totals_of(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Returns how many operations and sessions these are, and the lines they changed."""
    changed = ("lines_added", "lines_removed")
    sums = {name: sum(row[name] or 0 for row in rows) for name in changed}
    return {"operations": len(rows), "sessions": len({row["session_id"] for row in rows})} | sums


def as_text(rows: Sequence[dict[str, Any]], width: int | None = None) -> str:
    """Returns the operations as lines: a session, and below it what it did to the file."""
    lines: list[str] = []
    session = ""
    for row in rows:
        if row["session_id"] != session:
            session = row["session_id"]
            lines += [""] if lines else []
            lines.append(f"{session}  {row['title'] or ''}".rstrip())
        lines.append(_line(row)[:width])
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    at = row["started_at"].strftime("%Y-%m-%d %H:%M") if row["started_at"] else ""
    changed = changed_lines(row)
    prompt = " ".join(str(row["prompt"] or "").split())
    failed = f" ({row['status']})" if row["status"] != "success" else ""
    return f"  {at}  {row['tool_name']:<10} {changed:>12}{failed}  {prompt}".rstrip()


def changed_lines(row: dict[str, Any]) -> str:
    """Returns the lines that an operation added and removed, such as +8 -1; "" for none."""
    counts = (("+", row["lines_added"]), ("-", row["lines_removed"]))
    return " ".join(f"{sign}{count}" for sign, count in counts if count)
