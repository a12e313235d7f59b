"""Handlers that read the archive: windows, tool bodies, whole texts and images, by fetch."""

import base64
import binascii
import json
import logging
import re
from collections.abc import Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from tornado.web import RequestHandler

from cca.conversation.excerpt import Anchor
from cca.conversation.parts import Part, pretty
from cca.conversation.reader import spilled_entry
from cca.conversation.resume import resume_of
from cca.conversation.stored import StoredEntry
from cca.conversation.subagents import started_by
from cca.conversation.turns import turn_of
from cca.dashboards.browser.archive import root_of
from cca.dashboards.browser.assets import ASSET_PATH, Asset, asset_url
from cca.dashboards.browser.desk import Desk
from cca.dashboards.browser.handler import Reading
from cca.dashboards.browser.listing import listed, more_rows
from cca.dashboards.browser.masking import masked, masked_text
from cca.dashboards.browser.paint import prompt_list, subagent_list
from cca.dashboards.browser.pieces import body, result_parts
from cca.dashboards.browser.state import State, from_query
from cca.dashboards.browser.views import render
from cca.dashboards.browser.windows import Asked, window
from cca.masking import mask_secrets, mask_value
from cca.transcript.tools import below

log = logging.getLogger(__name__)

# One part of a long text; a browser lays it out in about 50 ms.
TEXT_CHARS = 200_000


def routes(desk: Desk) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """The patterns that `pn.serve` takes beside its own."""
    given = {"desk": desk}
    return [
        (r"/healthz", Health, {}),
        (r"/sessions/([^/]+)(?:/([^/]+))?", SessionLink, {}),
        (ASSET_PATH, Asset, {}),
        (r"/api/window", WindowOfEntries, given),
        (r"/api/rows", MoreRows, given),
        (r"/api/listed", Listed, given),
        (r"/api/tool", ToolBody, given),
        (r"/api/text", WholeText, given),
        (r"/api/prompts", Prompts, given),
        (r"/api/subagents", Subagents, given),
        (r"/api/image", Image, given),
        (r"/api/resume", ResumeCommands, given),
    ]


class Health(RequestHandler):
    def get(self) -> None:
        self.finish({"status": "ok"})


class NotFound(RequestHandler):
    """Any address that is none of ours, with the way home."""

    def prepare(self) -> None:
        self.set_status(404)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(str(render("not_found.html", ZoneInfo("UTC"), asset=asset_url)))


class SessionLink(RequestHandler):
    """A short address for links from elsewhere."""

    def get(self, session: str, entry: str | None = None) -> None:
        self.redirect("/" + State(session=session, m=entry or "").to_query())


class WindowOfEntries(Reading):
    async def get(self) -> None:
        anchor = Anchor()
        for side in ("after", "before", "around", "from"):
            if self.argument(side):
                anchor = Anchor(self.argument(side), side)
        if self.argument("end"):
            anchor = Anchor(side="end")
        session, agent = self.argument("session"), self.argument("agent")
        asked = Asked(session, agent, anchor, self.is_revealed())
        await self.answer(lambda: ("text/html; charset=utf-8", window(self.desk, asked)))


class MoreRows(Reading):
    """Rows of the list as far as somebody scrolls."""

    async def get(self) -> None:
        state = from_query({name: self.argument(name) for name in self.request.query_arguments})
        html = partial(more_rows, self.desk, state, self.argument("from"), self.argument("of"))
        await self.answer(lambda: ("text/html; charset=utf-8", html()))


class Listed(Reading):
    """The ids of the sessions in the list, or of those that `id` names the ones that it holds."""

    async def get(self) -> None:
        state = from_query({name: self.argument(name) for name in self.request.query_arguments})
        among = self.get_query_arguments("id")
        await self.answer(lambda: ("application/json", json.dumps(listed(self.desk, state, among))))


class ToolBody(Reading):
    async def get(self) -> None:
        await self.answer(self._read)

    def _read(self) -> tuple[str, str] | None:
        found = self.call()
        if found is None:
            return None
        block, entry, answer = found
        session, use = self.argument("session"), self.argument("use")
        is_revealed = self.is_revealed()
        agents = started_by(self.desk.archive.entries, entry, use, answer)
        if not is_revealed:
            block, answer = mask_value(block), masked(answer) if answer else None
        parts = result_parts(block, answer.body if answer else None)
        html = render(
            "tool.html",
            self.desk.archive.timezone,
            session=session,
            entry=self.argument("entry"),
            use=use,
            result_entry=answer.id if answer else "",
            pieces=body(block, answer.body if answer else None),
            images=[part.block for part in parts if part.kind == "image"],
            agents=agents,
            masked=mask_secrets,
            below=partial(below, root=root_of(self.desk.archive, session)),
            is_revealed=is_revealed,
            spilled=spilled_entry(
                self.desk.archive.entries, session, parts[0].given if parts else None
            ),
        )
        return "text/html; charset=utf-8", html


class WholeText(Reading):
    """A text that was cut, plain and in parts: the page shows it as text, never as HTML."""

    async def get(self) -> None:
        await self.answer(self._read)

    def _read(self) -> tuple[str, str] | None:
        text = self._text()
        if text is None:
            return None
        given = self.argument("start")
        start = int(given) if given.isascii() and given.isdigit() else 0
        end = start + TEXT_CHARS
        if end < len(text):
            # A line stays whole, and so does most of what spans it.
            end = text.rfind("\n", start, end) + 1 or end
            self.set_header("X-Next", str(end))
        self.set_header("X-Total", str(len(text)))
        shown = text[start:end] if self.is_revealed() else masked_text(text, start, end)
        return "text/plain; charset=utf-8", shown

    def _text(self) -> str | None:
        """A part of a message by its number, a call's input, or a part of a call's result."""
        part = self.argument("part")
        if not self.argument("use"):
            entry = self.entry()
            return _part_text(entry, part) if entry else None
        found = self.call()
        if found is None:
            return None
        block, _, answer = found
        if part == "input":
            return pretty(block.get("input"))
        chosen = _numbered(result_parts(block, answer.body if answer else None), part)
        return chosen.plain if chosen else None


class Prompts(Reading):
    """What people asked in a conversation, to jump to."""

    async def get(self) -> None:
        session, agent = self.argument("session"), self.argument("agent")
        await self.answer(
            lambda: ("text/html; charset=utf-8", prompt_list(self.desk, session, agent))
        )


class Subagents(Reading):
    """The subagents of a session, each below the one that started it."""

    async def get(self) -> None:
        session, agent = self.argument("session"), self.argument("agent")
        await self.answer(
            lambda: ("text/html; charset=utf-8", subagent_list(self.desk, session, agent))
        )


class ResumeCommands(Reading):
    """The commands that go on with the sessions that `id` names, one a line."""

    async def get(self) -> None:
        await self.answer(self._read)

    def _read(self) -> tuple[str, str]:
        settings, ids = self.desk.settings, self.get_query_arguments("id")
        rows = {row["_id"]: row for row in self.desk.archive.sessions.find({"_id": {"$in": ids}})}
        found = [
            resume_of(rows[one], settings.cca_host, settings.claude_dirs)
            for one in ids
            if one in rows
        ]
        return "text/plain; charset=utf-8", "".join(
            f"{each.command}\n" for each in found if each.command
        )


class Image(Reading):
    """Pictures of a message or of a tool result; nothing that a browser would run."""

    async def get(self) -> None:
        await self.answer(self._read)

    def _read(self) -> tuple[str, bytes] | None:
        part = self._picture()
        if part is None:
            return None
        try:
            return part.media, base64.b64decode(part.data, validate=True)
        except (binascii.Error, ValueError):
            return None

    def _picture(self) -> Part | None:
        """The picture at place `block` of a message, or of the result of a call."""
        entry = self.entry()
        turn = turn_of(entry) if entry else None
        shown = (part for part in (turn.parts if turn else ()) if part.kind == "image")
        place = (self.argument("use"), self.argument("block"))
        return next((part for part in shown if (part.call, str(part.block)) == place), None)


def _part_text(entry: StoredEntry, number: str) -> str | None:
    if entry.body.get("type") == "tool-result":
        return str(entry.body.get("content") or "")
    turn = turn_of(entry)
    part = _numbered(turn.parts if turn else (), number)
    return part.plain if part else None


def _numbered(parts: Sequence[Part], number: str) -> Part | None:
    index = int(number) if re.fullmatch(r"[0-9]{1,5}", number) else -1
    return parts[index] if 0 <= index < len(parts) else None
