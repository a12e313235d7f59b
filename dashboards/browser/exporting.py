"""Downloads: a conversation, all that a list shows, or the list itself; streamed, masked."""

import asyncio
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from pymongo.errors import PyMongoError
from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError

from cca.conversation.calls import calls_in, find_results
from cca.conversation.order import ORDER
from cca.conversation.stored import find_entry, stored
from cca.dashboards.browser.archive import session_title
from cca.dashboards.browser.desk import costs_of, known_of
from cca.dashboards.browser.handler import Reading
from cca.dashboards.browser.hits import searched
from cca.dashboards.browser.sessions import list_sessions
from cca.dashboards.browser.state import State, from_query
from cca.errors import CcaError
from cca.export import markdown, table, zipped
from cca.export.sessions import SessionFilter, chosen
from cca.export.write import FORMATS, export
from cca.export.zipped import export_zip
from cca.masking import mask_secrets, mask_value

log = logging.getLogger(__name__)

Pieces = Iterator[str] | Iterator[bytes]
_ZIP = "zip"
VIEW_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_CHUNK_CHARACTERS = 64_000
MAX_ROWS = 10_000
_SESSION_COLUMNS = (
    "session_id", "title", "project_id", "host", "started_at", "ended_at", "user_messages",
    "assistant_messages", "tool_calls", "tool_errors", "models", "cost_usd",
)  # fmt: skip
_HIT_COLUMNS = ("session_id", "project_id", "entry_id", "kind", "at", "snippet")


class Export(Reading):
    """`what` is a session (with `entry`: one message), `conversations` of a list, or `list`.

    `conversations` are those that `id` names, where it does.
    """

    async def get(self) -> None:
        form = self.argument("format") or "md"
        if form not in FORMATS and not (form == _ZIP and self.argument("what") == "conversations"):
            self.send_error(400)
            return
        try:
            name, pieces = await asyncio.to_thread(self._chosen, form)
            first = await asyncio.to_thread(_some, pieces)
        except (PyMongoError, CcaError) as error:
            log.warning("nothing could be exported: %s", type(error).__name__)
            self.set_status(503)
            self.finish("MongoDB or the search index does not answer; try again.")
            return
        if not first:
            self.set_status(404)
            self.finish("There is nothing to export.")
            return
        self._announce(name, form)
        await self._send(first, pieces)

    async def _send(self, chunk: bytes, pieces: Pieces) -> None:
        """Writes as fast as the client reads, so that at most one chunk is in memory."""
        try:
            while chunk:
                self.write(chunk)
                await self.flush()
                chunk = await asyncio.to_thread(_some, pieces)
        except StreamClosedError:
            return
        except PyMongoError:
            # A file that ends early must not look whole: the connection breaks instead.
            log.exception("an export broke off")
            if isinstance(self.request.connection, HTTP1Connection):
                self.request.connection.stream.close()

    def _announce(self, name: str, form: str) -> None:
        kind, suffix = _file_kind(form)
        file = (re.sub(r"[^\w.-]+", "-", name).strip("-.") or "export")[:80] + suffix
        plain = file.encode("ascii", "ignore").decode() or "export"
        self.set_header("Content-Type", kind)
        self.set_header("Cache-Control", "private, no-store")
        if form == "html" and self.argument("view") == "1":
            # A page to read and to print: it has no script, and loads nothing.
            self.set_header("Content-Security-Policy", VIEW_CSP)
            return
        self.set_header(
            "Content-Disposition",
            f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file)}",
        )

    def _chosen(self, form: str) -> tuple[str, Pieces]:
        entries = self.desk.archive.entries
        what = self.argument("what")
        if what in {"list", "conversations"}:
            values = {name: self.argument(name) for name in self.request.query_arguments}
            state = from_query(values)
            if what == "list":
                return _name(state), self._table(state, form)
            named = self.get_query_arguments("id")[:MAX_ROWS]
            ids = tuple(named or (str(row["_id"]) for row in self._rows(state)))
            # An empty list of ids must export nothing.
            found = chosen(entries, SessionFilter(sessions=ids)) if ids else []
            if not found:
                return "", iter(())
            pieces = export_zip(entries, found) if form == _ZIP else export(entries, found, form)
            return "sessions" if named else _name(state), pieces
        session = self.argument("session")
        if self.argument("entry"):
            return "message", self._message(session, self.argument("entry"))
        found = chosen(entries, SessionFilter(session=session)) if session else []
        if not found:
            return "", iter(())
        return mask_secrets(found[0].title), export(entries, found, form)

    def _rows(self, state: State) -> list[dict[str, Any]]:
        known = known_of(self.desk, state)
        return list_sessions(self.desk.archive, state, limit=MAX_ROWS, known=known).rows

    def _message(self, session: str, entry_id: str) -> Iterator[str]:
        """One message as Markdown: an answer is written as several entries of one message id."""
        entries = self.desk.archive.entries
        found = find_entry(entries, session, entry_id)
        if found is None:
            return
        message = found.body.get("message")
        message_id = message.get("id") if isinstance(message, dict) else None
        same = [found]
        if isinstance(message_id, str):
            wanted = {"sessionKey": session, "message.id": message_id}
            same = [stored(entries, each) for each in entries.find(wanted).sort(list(ORDER))]
        calls = set(calls_in(same))
        answers = find_results(entries, {"sessionKey": session}, calls) if calls else {}
        is_revealed = self.is_revealed()
        # A call reads with its result, as on the page.
        results = {answer.id: answer for answer in answers.values()}
        for entry in (*same, *results.values()):
            yield markdown.alone(
                entry if is_revealed else replace(entry, body=mask_value(entry.body))
            )

    def _table(self, state: State, form: str) -> Iterator[str]:
        if state.q:
            found = searched(self.desk.search, self.desk.archive, state, MAX_ROWS)
            rows: Iterator[tuple[Any, ...]] = (
                (hit.session_id, hit.project_id, hit.entry_id, hit.kind, hit.at, hit.snippet)
                for hit in found.rows
            )
            return table.write(form, f"Search: {state.q}", _HIT_COLUMNS, rows)
        costs = costs_of(self.desk)
        rows = (_session_row(row, costs.get(str(row["_id"]))) for row in self._rows(state))
        return table.write(form, "Sessions", _SESSION_COLUMNS, rows)


def _session_row(row: dict[str, Any], cost: Decimal | None) -> tuple[Any, ...]:
    counts = ("userMessages", "assistantMessages", "toolCalls", "toolErrors")
    return (
        row["_id"], mask_secrets(session_title(row)), row.get("projectId"), row.get("host"),
        row.get("startedAt"), row.get("endedAt"), *(row.get(name, 0) for name in counts),
        ", ".join(sorted(row.get("models") or ())), cost,
    )  # fmt: skip


def _name(state: State) -> str:
    parts = (state.q or "conversations", state.project, state.since, state.until)
    return mask_secrets("-".join(part for part in parts if part))


def _file_kind(form: str) -> tuple[str, str]:
    """The media type and the suffix of a file."""
    if form == _ZIP:
        return zipped.KIND, zipped.SUFFIX
    return f"{FORMATS[form].kind}; charset=utf-8", FORMATS[form].suffix


def _some(pieces: Pieces) -> bytes:
    """The next pieces, about a chunk of them; nothing at the end."""
    taken, size = [], 0
    for piece in pieces:
        taken.append(piece if isinstance(piece, bytes) else piece.encode(errors="replace"))
        size += len(piece)
        if size >= _CHUNK_CHARACTERS:
            break
    return b"".join(taken)
