"""The tools `search` and `sessions`: where something was said, and which sessions there were."""

import shlex
from collections.abc import Iterable
from typing import Any

from cca.annotations import annotated_sessions
from cca.gold.pull_requests import SESSIONS_OF, name_of
from cca.mcp.archive import Archive
from cca.mcp.reply import SAID_BY_OTHERS, Row, fitted, moment, offset_of, shortened
from cca.mongo.archive import ANNOTATIONS
from cca.search.searcher import Results
from cca.search.texts import Row as Hit
from cca.transcript.terminal import plain
from cca.usage.files import SAME_FILE

PAGE = 40
_TITLE_CHARACTERS, PROMPT_CHARACTERS = 120, 200
_SESSIONS = f"""
select s.session_id, s.title, s.first_prompt, s.project_key, s.host, s.started_at, s.ended_at,
    s.prompts, s.cost_usd, s.outcome, s.tool_errors, p.project_path
from dim_sessions as s left join dim_projects as p using (project_key)
where ($project = '' or s.project_key = $project)
    and ($since::date is null or s.ended_at >= $since::date)
    and ($until::date is null or s.started_at < $until::date + 1)
    and ($text = '' or contains(lower(concat_ws(' ', s.title, s.first_prompt)), lower($text)))
    and ($branch = '' or list_contains(string_split(s.git_branches, ', '), $branch))
    and (not $failed or s.tool_errors > 0)
    and not list_contains($without, s.session_id)
    and ($tagged::varchar[] is null or list_contains($tagged, s.session_id))
    and ($file = '' or exists (
        select 1 from fct_file_operations as f
        where f.session_id = s.session_id and {SAME_FILE}))
    and ($pull_request = '' or s.session_id in ({SESSIONS_OF}))
order by s.ended_at desc, s.session_id limit {PAGE + 1} offset $offset
"""


def search(  # noqa: PLR0913  (the arguments of the tool)
    archive: Archive, query: str, *, project: str = "", kind: str = "", session: str = "",
    since: str = "", until: str = "", order: str = "best", with_current: bool = False,
    cursor: str = "", max_bytes: int, call: str = "",
) -> Row:  # fmt: skip
    """Find blocks of text in the whole archive."""
    offset = offset_of(cursor)
    key = archive.project(project)
    without = archive.left_out(call, with_current=with_current)
    found = archive.searcher().search(
        excluding(query, without),
        kind=kind or None, session=session or None, since=since or None, until=until or None,
        sessions=archive.sessions_of(key), limit=PAGE, offset=offset, order=_order(order),
    )  # fmt: skip
    head: dict[str, Any] = {
        "note": SAID_BY_OTHERS, "fresh": archive.fresh(of_search=True), "total": found.total,
        **_remarks(found),
    }  # fmt: skip
    rows = [_hit(archive, hit) for hit in found.rows]
    are_more = offset + len(rows) < found.total and bool(rows)
    return fitted(rows, head, most_bytes=max_bytes, offset=offset, are_more=are_more)


def excluding(query: str, sessions: Iterable[str]) -> str:
    """Return a search without these sessions."""
    return " ".join([query, *(f"-session:{each}" for each in sessions)])


def _order(order: str) -> Any:
    return "newest" if order == "newest" else "best"


def _remarks(found: Results) -> Row:
    said = {"message": found.message} if found.message else {}
    return said | ({"is_total_exact": False} if found.approximate else {})


def _hit(archive: Archive, hit: Hit) -> Row:
    return {
        "session": hit.session_id, "entry": hit.entry_id, "at": moment(hit.at), "kind": hit.kind,
        "project": hit.project_id, "text": plain(hit.snippet),
        "url": archive.link(hit.session_id, hit.entry_id),
    } | ({"copies": hit.copies} if hit.copies else {})  # fmt: skip


def sessions(  # noqa: PLR0913  (the arguments of the tool)
    archive: Archive, *, project: str = "", text: str = "", since: str = "", until: str = "",
    file: str = "", branch: str = "", pull_request: str = "", tag: str = "", failed: bool = False,
    with_current: bool = False, cursor: str = "", max_bytes: int, call: str = "",
) -> Row:  # fmt: skip
    """List sessions, the last used first."""
    offset = offset_of(cursor)
    without = archive.left_out(call, with_current=with_current)
    bound = {
        "project": archive.project(project), "text": text, "since": since or None,
        "until": until or None, "file": file, "branch": branch,
        "pull_request": name_of(pull_request), "failed": failed,
        "without": without, "offset": offset,
        "tagged": annotated_sessions(archive.database[ANNOTATIONS], tag) if tag else None,
    }  # fmt: skip
    found = archive.rows(_SESSIONS, bound)
    rows = [_session(archive, row) for row in found[:PAGE]]
    head = {"note": SAID_BY_OTHERS, "fresh": archive.fresh()}
    return fitted(
        rows, head, most_bytes=max_bytes, offset=offset, are_more=len(found) > PAGE
    )  # fmt: skip


def _session(archive: Archive, row: Row) -> Row:
    session, path = row["session_id"], row["project_path"]
    resume = f"claude --resume {shlex.quote(session)}"
    first = shortened(row["first_prompt"] or "", PROMPT_CHARACTERS)
    title = shortened(row["title"] or "", _TITLE_CHARACTERS)
    return {
        "session": session, "title": title, "first_prompt": first if first != title else "",
        "project": row["project_key"], "host": row["host"], "started": row["started_at"],
        "ended": row["ended_at"], "prompts": row["prompts"], "cost_usd": row["cost_usd"],
        "outcome": row["outcome"], "failed_calls": row["tool_errors"],
        "url": archive.link(session),
        "resume": f"cd {shlex.quote(path)} && {resume}" if path else resume,
    }  # fmt: skip
