"""Reads the digest of some days out of gold; each number is a measure of cca.gold.measures."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb

from cca.digest.model import Asked, Commit, Digest, Failure, FileChange, Work
from cca.gold.measures import calls, sessions, usage
from cca.gold.measures.select import OF_PROJECT, columns, select
from cca.gold.open import open_gold
from cca.transcript.projects import Project, key_or_folder, labels_of

Period = Literal["day", "week"]
Row = dict[str, Any]

# A digest is read by people: what has more says how many it leaves out.
MOST_FILES = 12
_DAYS_OF_WEEK = 7
_WHERE = f"""
m.day between $first and $last and {OF_PROJECT}
and ($host::varchar is null or m.host = $host)
"""
_BY = ["project_key"]
_TOTALS = select(
    [
        usage.COST_USD, usage.UNPRICED_MESSAGES, sessions.PROMPTS, sessions.SESSIONS,
        calls.TOOL_CALLS,
    ],
    _BY, _WHERE,
)  # fmt: skip
_CHANGES = [calls.CHANGES, calls.LINES_ADDED, calls.LINES_REMOVED, calls.FILES_CHANGED]
_CHANGED = f"{_WHERE} and {calls.CHANGED}"
_SUMS = select(_CHANGES, _BY, _CHANGED)
_FILES = select(_CHANGES, ["project_key", "file_path"], _CHANGED, order="changes desc, file_path")
# An error has no project of its own but that of its session.
_FAILURES = f"""
select m.project_key, m.error_class, {columns([calls.ERRORS])}
from (
    select e.*, s.project_key from marts.fct_errors as e
    join marts.dim_sessions as s using (session_id)
) as m where {_WHERE} group by 1, 2 order by errors desc, error_class
"""
# The rule of a session's active time, on the messages of these days.
_ACTIVE = f"""
select project_key, sum(least(gap, 300)) / 60.0 as active_minutes from (
    select project_key, epoch(sent_at - lag(sent_at) over (
        partition by session_id order by sent_at)) as gap
    from marts.fct_messages as m where {_WHERE} and role is not null
) where gap is not null group by project_key
"""
_PROMPTS = f"""
select m.project_key, m.session_id, m.prompt, s.title
from marts.fct_prompts as m left join marts.dim_sessions as s using (session_id)
where {_WHERE} order by m.project_key, m.sent_at
"""
_COMMITS = f"""
select m.project_key, m.session_id, m.commit_hash, m.commit_subject,
    coalesce(m.finished_at, m.started_at) as reported_at
from marts.fct_tool_calls as m where {_WHERE} and commit_hash is not null
order by m.project_key, reported_at
"""
_PULL_REQUESTS = f"""
select distinct m.project_key, m.pull_request
from marts.fct_api_messages as m where {_WHERE} and pull_request is not null order by 1, 2
"""
_LABELS = "select project_key, project_id, project_path from marts.dim_projects"
_LAST_DAY = f"select max(m.day) from marts.fct_prompts as m where {_WHERE}"


def days_of(period: Period, day: date) -> tuple[date, date]:
    """First and last day: the day itself, or the Monday and Sunday around it."""
    if period == "day":
        return day, day
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=_DAYS_OF_WEEK - 1)


def digest(
    gold_path: Path,
    period: Period,
    day: date,
    project: str | None = None,
    host: str | None = None,
) -> Digest:
    """The work of the day, or of its week, in all projects or in one (key or folder).

    Raises:
        NotFound: Nothing was published yet.

    """
    with open_gold(gold_path) as gold:
        return read(gold, *days_of(period, day), project, host)


def read(
    gold: duckdb.DuckDBPyConnection,
    first: date,
    last: date,
    project: str | None = None,
    host: str | None = None,
) -> Digest:
    """The same of the days first to last, of a gold file that is open."""
    bound = {
        "first": first,
        "last": last,
        "project": project and key_or_folder(project),
        "host": host,
    }

    def found(sql: str) -> dict[str, list[Row]]:
        return _by_project(_rows(gold, sql, bound))

    parts = {
        "totals": found(_TOTALS), "sums": found(_SUMS), "active": found(_ACTIVE),
        "prompts": found(_PROMPTS), "files": found(_FILES), "failures": found(_FAILURES),
        "commits": found(_COMMITS), "pull_requests": found(_PULL_REQUESTS),
    }  # fmt: skip
    labels = labels_of(
        Project(str(row["project_key"]), str(row["project_id"]), row["project_path"] or "")
        for row in _rows(gold, _LABELS, {})
    )
    works = (
        _work(key, labels.get(key, key), {name: rows.get(key, []) for name, rows in parts.items()})
        for key in parts["totals"]
    )
    done = (each for each in works if each.prompts or each.tool_calls or each.cost_usd)
    return Digest(first, last, tuple(sorted(done, key=lambda each: (-each.cost_usd, each.project))))


def _work(key: str, label: str, parts: Mapping[str, list[Row]]) -> Work:
    totals = parts["totals"][0]
    sums = parts["sums"][0] if parts["sums"] else dict.fromkeys(_names(), 0)
    return Work(
        project_key=key,
        project=label,
        prompts=totals["prompts"],
        sessions=totals["sessions"],
        active_minutes=sum(float(row["active_minutes"]) for row in parts["active"]),
        cost_usd=totals["cost_usd"],
        unpriced=totals["unpriced_messages"],
        tool_calls=totals["tool_calls"],
        files_changed=sums["files_changed"],
        lines_added=sums["lines_added"],
        lines_removed=sums["lines_removed"],
        asked=_asked(parts["prompts"]),
        files=tuple(
            FileChange(row["file_path"], row["changes"], row["lines_added"], row["lines_removed"])
            for row in parts["files"][:MOST_FILES]
        ),
        commits=tuple(
            Commit(row["commit_hash"], row["commit_subject"], row["reported_at"], row["session_id"])
            for row in parts["commits"]
        ),
        pull_requests=tuple(row["pull_request"] for row in parts["pull_requests"]),
        failures=tuple(
            Failure(row["error_class"] or "other", row["errors"]) for row in parts["failures"]
        ),
    )


def _names() -> Iterable[str]:
    return (each.name for each in _CHANGES)


def _asked(prompts: list[Row]) -> tuple[Asked, ...]:
    """Sessions in the order of their first prompt."""
    found: dict[str, list[Row]] = {}
    for row in prompts:
        found.setdefault(row["session_id"], []).append(row)
    return tuple(
        Asked(session, rows[0]["title"] or "", tuple(row["prompt"] or "" for row in rows))
        for session, rows in found.items()
    )


def _by_project(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["project_key"], []).append(row)
    return found


def _rows(gold: duckdb.DuckDBPyConnection, sql: str, bound: Row) -> list[Row]:
    cursor = gold.execute(sql, bound)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
