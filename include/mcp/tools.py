"""The tools a client may call: names, arguments, what an answer holds. Their list must stay short.

A client reads the whole list before the first question: a test caps it at 8 KB.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator

from cca.errors import SettingError
from cca.mcp import find, history, numbers, read
from cca.mcp.archive import Archive
from cca.mcp.reply import DEFAULT_BYTES, LEAST_BYTES, MOST_BYTES, Row
from cca.search.blocks import KINDS
from cca.usage.kinds import KINDS as REPORTS

Schema = dict[str, Any]
_MOST_TEXT = 2_000


def _text(about: str = "", **more: Any) -> Schema:
    return {"type": "string", **({"description": about} if about else {}), **more}


def _number(least: int, most: int, about: str = "") -> Schema:
    told = {"description": about} if about else {}
    return {"type": "integer", "minimum": least, "maximum": most, **told}


def _flag(about: str) -> Schema:
    return {"type": "boolean", "description": about}


def _page(*, has_cursor: bool = True) -> dict[str, Schema]:
    cursor = {"cursor": _text("`more` of the answer before")} if has_cursor else {}
    return {**cursor, "max_bytes": _number(LEAST_BYTES, MOST_BYTES)}


_PROJECT = _text("here, a path, a name, or all")
_SINCE, _UNTIL = _text("first day, 2026-11-21"), _text("last day")
_CURRENT = _flag("also the session that asks")
_FRESH = {"type": "object"}
_ROWS = {"type": "array", "items": {"type": "object"}}


@dataclass(frozen=True)
class Tool:
    """A tool: `needs_call` says that it leaves out the session that asks."""

    name: str
    about: str
    answer: Callable[..., Row]
    arguments: Mapping[str, Schema]
    required: tuple[str, ...] = ()
    output: Mapping[str, Schema] = field(default_factory=lambda: {"rows": _ROWS, "fresh": _FRESH})
    needs_call: bool = False

    @property
    def input_schema(self) -> Schema:
        """The arguments as JSON Schema."""
        required = {"required": list(self.required)} if self.required else {}
        return {
            "type": "object", "properties": dict(self.arguments), "additionalProperties": False,
            **required,
        }  # fmt: skip

    @property
    def output_schema(self) -> Schema:
        """The answer as JSON Schema."""
        return {"type": "object", "properties": dict(self.output)}

    def call(self, archive: Archive, given: Mapping[str, Any], call: str = "") -> Row:
        """Answer.

        Raises:
            SettingError: An argument is unknown, missing or of the wrong type.
            CcaError: What the tool says of its own.

        """
        for error in Draft202012Validator(self.input_schema).iter_errors(dict(given)):
            place = ".".join(map(str, error.absolute_path))
            raise SettingError(f"{self.name}: {place}{': ' if place else ''}{error.message[:200]}")
        values = {"max_bytes": DEFAULT_BYTES, **given}
        if self.needs_call:
            values["call"] = call
        return self.answer(archive, **values)


TOOLS = (
    Tool(
        "search",
        "Find where something was said or done in all past Claude Code sessions. Use it before you "
        'solve what may have been solved. Words are joined by and; "phrase", -without, prefix*, '
        "/regex/.",
        find.search,
        {
            "query": _text(maxLength=_MOST_TEXT), "project": _PROJECT,
            "kind": {"enum": list(KINDS)}, "session": _text(), "since": _SINCE, "until": _UNTIL,
            "order": {"enum": ["best", "newest"]}, "with_current": _CURRENT, **_page(),
        },
        ("query",),
        {"rows": _ROWS, "fresh": _FRESH, "total": {"type": "integer"}, "more": {"type": "string"}},
        needs_call=True,
    ),
    Tool(
        "read",
        "Read a session: around an entry of an answer, from its beginning, or its end. A text with "
        "`characters` is cut; `body` gives all of it.",
        read.read,
        {
            "session": _text(), "around": _text("entry, or last"), "before": _number(0, 40),
            "after": _number(0, 100), "tools": {"enum": list(read.TOOLS)},
            "asides": _flag("also thinking and contexts"), "agent": _text("a subagent's id"),
            "body": _text("entry"), "offset": _number(0, 1_000_000_000), **_page(has_cursor=False),
        },
        ("session",),
        {"rows": _ROWS, "text": {"type": "string"}, "url": {"type": "string"}},
    ),
    Tool(
        "sessions",
        "List past sessions with title, cost and the command that resumes them.",
        find.sessions,
        {
            "project": _PROJECT, "text": _text("in title or first prompt"), "since": _SINCE,
            "until": _UNTIL, "file": _text("path, or its end"), "branch": _text(),
            "pull_request": _text("owner/name#12 or 12"), "tag": _text(),
            "failed": _flag("with failed calls"), "with_current": _CURRENT, **_page(),
        },
        needs_call=True,
    ),
    Tool(
        "file_history",
        "Who changed a file in past sessions: when, how many lines, after which prompt.",
        history.file_history,
        {
            "path": _text("path, or its end", minLength=1), "project": _PROJECT, "since": _SINCE,
            "reads": _flag("also reads"), "with_current": _CURRENT, **_page(),
        },
        ("path",),
        needs_call=True,
    ),
    Tool(
        "error_history",
        "Whether this error happened before: what ran next, whether it came back. Use it when a "
        "command fails.",
        history.error_history,
        {
            "error": _text("its text", minLength=1, maxLength=20_000), "project": _PROJECT,
            "since": _SINCE, "with_current": _CURRENT, **_page(),
        },
        ("error",),
        {"rows": _ROWS, "fresh": _FRESH, "total": {"type": "integer"}},
        needs_call=True,
    ),
    Tool(
        "usage",
        "Tokens and cost in USD, exact: each response once, at the price of its day.",
        numbers.usage,
        {
            "by": {"enum": list(REPORTS)}, "since": _SINCE, "until": _UNTIL,
            "project": _PROJECT, "host": _text(), "model": _text(), **_page(),
        },
        ("by",),
        {"rows": _ROWS, "fresh": _FRESH, "totals": {"type": "object"}},
    ),
    Tool(
        "sql",
        "One read-only DuckDB statement over the tables that `schema` lists.",
        numbers.sql,
        {
            "statement": _text(maxLength=20_000), "limit": _number(1, 1_000), **_page(),
        },
        ("statement",),
        {
            "columns": {"type": "array"}, "rows": {"type": "array", "items": {"type": "array"}},
            "fresh": _FRESH,
        },
    ),
    Tool(
        "schema",
        "Tables for `sql`; with a table, its columns.",
        numbers.schema,
        {"table": _text(), **_page(has_cursor=False)},
    ),
)  # fmt: skip


def offered(archive: Archive) -> list[Tool]:
    """Return the tools of this server: one for a single project offers no SQL."""
    return [tool for tool in TOOLS if not (archive.lock and tool.name in {"sql", "schema"})]
