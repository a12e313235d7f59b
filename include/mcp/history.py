"""The tools `file_history` and `error_history`: what happened before to a file, with an error."""

from typing import Any

from cca.gold.open import open_gold
from cca.mcp.archive import Archive
from cca.mcp.find import PAGE, PROMPT_CHARACTERS, excluding
from cca.mcp.reply import SAID_BY_OTHERS, Row, fitted, moment, offset_of, shortened
from cca.search.texts import Row as Hit
from cca.transcript.terminal import plain
from cca.usage.files import Asked, file_operations

_NEXT_CALLS = 3
# Of a long error text its first line is what comes back.
_LONGEST_PHRASE = 160

# The calls whose results failed so, and the next ones in the same conversation.
_AFTER = f"""
with failed as (
    select * from fct_tool_calls where tool_use_id in (select unnest($calls))
),

later as (
    select f.tool_use_id as failed_id, n.tool_name, n.subject, n.status,
        row_number() over (partition by f.tool_use_id order by n.started_at, n.tool_use_id) as place
    from failed as f inner join fct_tool_calls as n
        on n.session_id = f.session_id and n.agent_id is not distinct from f.agent_id
        and n.started_at > f.started_at
)

select f.tool_use_id, f.tool_name, f.subject, f.status, f.error_class,
    (select list({{'tool': l.tool_name, 'subject': l.subject, 'status': l.status}} order by l.place)
     from later as l where l.failed_id = f.tool_use_id and l.place <= {_NEXT_CALLS}) as ran_next
from failed as f
"""


def file_history(  # noqa: PLR0913  (the arguments of the tool)
    archive: Archive, path: str, *, project: str = "", since: str = "", reads: bool = False,
    with_current: bool = False, cursor: str = "", max_bytes: int, call: str = "",
) -> Row:  # fmt: skip
    """List what was done to a file, the newest first."""
    offset = offset_of(cursor)
    without = archive.left_out(call, with_current=with_current)
    asked = Asked(path, archive.project(project), since, reads, without)
    with open_gold(archive.settings.gold_path) as gold:
        rows = file_operations(gold, asked, PAGE + 1, offset)
    head = {"note": SAID_BY_OTHERS, "fresh": archive.fresh()}
    return fitted(
        [_operation(archive, row) for row in rows[:PAGE]], head, most_bytes=max_bytes,
        offset=offset, are_more=len(rows) > PAGE,
    )  # fmt: skip


def _operation(archive: Archive, row: Row) -> Row:
    session, entry = row["session_id"], row["tool_use_id"]
    return {
        "at": row["started_at"], "session": session, "entry": entry, "title": row["title"],
        "tool": row["tool_name"], "operation": row["operation"], "file": row["file_path"],
        "status": row["status"], "lines_added": row["lines_added"],
        "lines_removed": row["lines_removed"],
        "prompt": shortened(row["prompt"] or "", PROMPT_CHARACTERS),
        "url": archive.link(session, entry, row["agent_id"] or ""),
    }  # fmt: skip


def error_history(  # noqa: PLR0913  (the arguments of the tool)
    archive: Archive, error: str, *, project: str = "", since: str = "",
    with_current: bool = False, cursor: str = "", max_bytes: int, call: str = "",
) -> Row:  # fmt: skip
    """Find an error in earlier results, with what ran next and whether it came back."""
    offset = offset_of(cursor)
    without = archive.left_out(call, with_current=with_current)
    found = archive.searcher().search(
        excluding(_phrase(error), without), kind="tool_result", since=since or None,
        sessions=archive.sessions_of(archive.project(project)), limit=PAGE, offset=offset,
        order="newest",
    )  # fmt: skip
    calls = _calls(archive, found.rows)
    after = _after(archive, list(calls.values()))
    rows = [_occurrence(archive, hit, after.get(calls.get(hit.document_id, ""), {}), found.rows)
            for hit in found.rows]  # fmt: skip
    head: dict[str, Any] = {
        "note": SAID_BY_OTHERS, "fresh": archive.fresh(of_search=True), "total": found.total,
    }  # fmt: skip
    if found.message:
        head["message"] = found.message
    are_more = bool(rows) and offset + len(rows) < found.total
    return fitted(rows, head, most_bytes=max_bytes, offset=offset, are_more=are_more)


def _phrase(error: str) -> str:
    """The first line of an error as a phrase: numbers and paths of the rest seldom come back."""
    lines = [line.strip() for line in plain(error).splitlines() if line.strip()]
    first = (lines[0] if lines else "")[:_LONGEST_PHRASE].replace('"', " ")
    return f'"{first}"'


def _calls(archive: Archive, hits: list[Hit]) -> dict[str, str]:
    """The call that each result answers, by the document of the result."""
    wanted = [hit.document_id for hit in hits]
    found = archive.entries.find({"_id": {"$in": wanted}}, {"message.content.tool_use_id": 1})
    calls = {}
    for document in found:
        message = document.get("message")
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict) and isinstance(block.get("tool_use_id"), str):
                calls[str(document["_id"])] = block["tool_use_id"]
    return calls


def _after(archive: Archive, calls: list[str]) -> dict[str, Row]:
    if not calls or not archive.settings.gold_path.exists():
        return {}
    return {row["tool_use_id"]: row for row in archive.rows(_AFTER, {"calls": calls})}


def _occurrence(archive: Archive, hit: Hit, about: Row, hits: list[Hit]) -> Row:
    again = [each for each in hits if each.session_id == hit.session_id and _is_later(each, hit)]
    return {
        "at": moment(hit.at), "session": hit.session_id, "entry": hit.entry_id,
        "text": plain(hit.snippet), "tool": about.get("tool_name"),
        "subject": shortened(about.get("subject") or "", PROMPT_CHARACTERS),
        "status": about.get("status"), "error_class": about.get("error_class"),
        "ran_next": about.get("ran_next"), "came_back_in_session": bool(again),
        "url": archive.link(hit.session_id, hit.entry_id),
    }  # fmt: skip


def _is_later(one: Hit, other: Hit) -> bool:
    return one.at is not None and other.at is not None and one.at > other.at
