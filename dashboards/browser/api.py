"""Handlers that read the archive: windows, tool bodies, whole texts and images, by fetch."""

import asyncio
import base64
import binascii
import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from pymongo.errors import PyMongoError
from tornado.web import RequestHandler

from cca.dashboards.browser.assets import ASSET_PATH, Asset, asset_url
from cca.dashboards.browser.masking import masked, masked_text
from cca.dashboards.browser.paint import Desk, more_rows, prompt_list, window
from cca.dashboards.browser.parts import is_picture
from cca.dashboards.browser.state import State, from_query
from cca.dashboards.browser.tools import body, pretty, result_block, result_text
from cca.dashboards.browser.views import render
from cca.dashboards.browser.window import (
    Anchor,
    Entry,
    agents,
    find_entry,
    spilled_file,
    tool_result,
)
from cca.masking import mask_value
from cca.mongo.archive import Document

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
        (r"/api/tool", ToolBody, given),
        (r"/api/text", WholeText, given),
        (r"/api/prompts", Prompts, given),
        (r"/api/image", Image, given),
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


class Reading(RequestHandler):
    """Reads in a thread; MongoDB away is 503 with a sentence."""

    def initialize(self, desk: Desk) -> None:
        self.desk = desk

    async def answer(self, read: Callable[[], tuple[str, str | bytes] | None]) -> None:
        try:
            found = await asyncio.to_thread(read)
        except PyMongoError as error:
            log.warning("MongoDB does not answer: %s", type(error).__name__)
            self.set_status(503)
            found = ("text/plain; charset=utf-8", "MongoDB does not answer; try again.")
        if found is None:
            self.set_status(404)
            found = ("text/plain; charset=utf-8", "This is not in the archive.")
        kind, content = found
        self.set_header("Content-Type", kind)
        self.set_header("Cache-Control", "private, no-store")
        self.finish(content if isinstance(content, bytes) else content.encode(errors="replace"))

    def entry(self) -> Entry | None:
        return find_entry(
            self.desk.archive.entries, self.argument("session"), self.argument("entry")
        )

    def argument(self, name: str) -> str:
        return str(self.get_query_argument(name, ""))

    def is_revealed(self) -> bool:
        """Whether somebody asked to see this with its secrets; the log keeps who saw what."""
        if self.argument("reveal") != "1":
            return False
        names = ("session", "entry", "from", "use")
        log.info("secrets revealed: %s", " ".join(filter(None, map(self.argument, names))))
        return True

    def block(self) -> Document | None:
        """The content block of the entry that `block` numbers."""
        entry = self.entry()
        return _numbered(entry.blocks, self.argument("block")) if entry else None

    def call(self) -> tuple[Document, Entry | None] | None:
        """The tool call `use` of the entry, and the entry with its result."""
        entry, use = self.entry(), self.argument("use")
        blocks = entry.blocks if entry else []
        for block in blocks:
            if isinstance(block, dict) and block.get("id") == use:
                return block, tool_result(self.desk.archive.entries, self.argument("session"), use)
        return None


class WindowOfEntries(Reading):
    async def get(self) -> None:
        anchor = Anchor()
        for side in ("after", "before", "around", "from"):
            if self.argument(side):
                anchor = Anchor(self.argument(side), side)
        session, agent = self.argument("session"), self.argument("agent")
        html = partial(window, self.desk, session, agent, anchor, is_revealed=self.is_revealed())
        await self.answer(lambda: ("text/html; charset=utf-8", html()))


class MoreRows(Reading):
    """Rows of the list as far as somebody scrolls."""

    async def get(self) -> None:
        state = from_query({name: self.argument(name) for name in self.request.query_arguments})
        after = self.argument("from")
        await self.answer(lambda: ("text/html; charset=utf-8", more_rows(self.desk, state, after)))


class ToolBody(Reading):
    async def get(self) -> None:
        await self.answer(self._read)

    def _read(self) -> tuple[str, str] | None:
        found = self.call()
        if found is None:
            return None
        block, answer = found
        session, use = self.argument("session"), self.argument("use")
        is_revealed = self.is_revealed()
        agent = self._agent(session, block, answer)
        if not is_revealed:
            block, answer = mask_value(block), masked(answer) if answer else None
        result = result_block(answer.body, use) if answer else None
        html = render(
            "tool.html",
            self.desk.archive.timezone,
            session=session,
            entry=self.argument("entry"),
            use=use,
            result_entry=answer.id if answer else "",
            pieces=body(block, answer.body if answer else None),
            images=_images(result),
            agent=agent,
            is_revealed=is_revealed,
            spilled=spilled_file(self.desk.archive.entries, session, result),
        )
        return "text/html; charset=utf-8", html

    def _agent(self, session: str, block: Document, answer: Entry | None) -> str:
        """The subagent a call started, where its own conversation is in the archive."""
        if block.get("name") not in {"Agent", "Task"}:
            return ""
        known = agents(self.desk.archive.entries, session)
        result = answer.body.get("toolUseResult") if answer else None
        told = str(result.get("agentId") or "") if isinstance(result, dict) else ""
        if told in known:
            return told
        prompt = str((block.get("input") or {}).get("prompt") or "")
        return next(
            (agent for agent in known if prompt and self._asked(session, agent, prompt)), ""
        )

    def _asked(self, session: str, agent: str, prompt: str) -> bool:
        """Transcripts of older versions name no agent: its first entry repeats the prompt."""
        first = self.desk.archive.entries.find_one(
            {"sessionKey": session, "agentId": agent, "type": "user"}, sort=[("sourceOffset", 1)]
        )
        content = (first or {}).get("message", {}).get("content")
        return bool(content == prompt)


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
        if not self.argument("use"):
            block = self.block()
            return None if block is None else str(block.get("text") or block.get("thinking"))
        found = self.call()
        if found is None:
            return None
        block, answer = found
        result = result_block(answer.body, self.argument("use")) if answer else None
        if self.argument("part") == "result" and result is not None:
            return result_text(result)
        return pretty(block.get("input"))


class Prompts(Reading):
    """What people asked in a conversation, to jump to."""

    async def get(self) -> None:
        session, agent = self.argument("session"), self.argument("agent")
        await self.answer(
            lambda: ("text/html; charset=utf-8", prompt_list(self.desk, session, agent))
        )


class Image(Reading):
    """Pictures of a message or of a tool result; nothing that a browser would run."""

    async def get(self) -> None:
        await self.answer(self._read)

    def _read(self) -> tuple[str, bytes] | None:
        block = self._picture()
        if block is None or not is_picture(block):
            return None
        source = block["source"]
        try:
            return str(source["media_type"]), base64.b64decode(
                str(source.get("data")), validate=True
            )
        except (binascii.Error, ValueError):
            return None

    def _picture(self) -> Document | None:
        entry, use = self.entry(), self.argument("use")
        if entry is None or not use:
            return self.block()
        content = (result_block(entry.body, use) or {}).get("content")
        return _numbered(content if isinstance(content, list) else [], self.argument("block"))


def _numbered(blocks: list[Any], number: str) -> Document | None:
    index = int(number) if re.fullmatch(r"[0-9]{1,5}", number) else -1
    block = blocks[index] if 0 <= index < len(blocks) else None
    return block if isinstance(block, dict) else None


def _images(result: Document | None) -> list[int]:
    content = (result or {}).get("content")
    return [
        index
        for index, block in enumerate(content if isinstance(content, list) else [])
        if is_picture(block)
    ]
