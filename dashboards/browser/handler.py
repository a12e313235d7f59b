"""Handlers that read: in a thread, and with an answer while MongoDB is away."""

import asyncio
import logging
from collections.abc import Callable

from pymongo.errors import PyMongoError
from tornado.web import RequestHandler

from cca.conversation.calls import call_block, find_result
from cca.conversation.stored import StoredEntry, find_entry
from cca.dashboards.browser.desk import Desk
from cca.dashboards.browser.reach import answered
from cca.mongo.archive import Document

log = logging.getLogger(__name__)


class Reading(RequestHandler):
    """Reads in a thread; MongoDB away is 503 with a sentence."""

    # What is read from gold alone is there without MongoDB.
    needs_archive = True

    def initialize(self, desk: Desk) -> None:
        self.desk = desk

    async def answer(self, read: Callable[[], tuple[str, str | bytes] | None]) -> None:
        try:
            if self.needs_archive:
                found = await answered(self.desk.pulse, read)
            else:
                found = await asyncio.to_thread(read)
        except PyMongoError as error:
            log.warning("MongoDB does not answer: %s", type(error).__name__)
            self.set_status(503)
            found = self.away()
        if found is None:
            self.set_status(404)
            found = ("text/plain; charset=utf-8", "This is not in the archive.")
        kind, content = found
        self.set_header("Content-Type", kind)
        self.set_header("Cache-Control", "private, no-store")
        self.finish(content if isinstance(content, bytes) else content.encode(errors="replace"))

    def away(self) -> tuple[str, str | bytes]:
        """What is answered while MongoDB does not."""
        return "text/plain; charset=utf-8", "MongoDB does not answer; try again."

    def entry(self) -> StoredEntry | None:
        return find_entry(
            self.desk.archive.entries, self.argument("session"), self.argument("entry")
        )

    def argument(self, name: str) -> str:
        return str(self.get_query_argument(name, ""))

    def is_revealed(self) -> bool:
        """Tells whether somebody asked to see this with its secrets; the log keeps who saw what."""
        if self.argument("reveal") != "1":
            return False
        names = ("session", "entry", "from", "use")
        log.info("secrets revealed: %s", " ".join(filter(None, map(self.argument, names))))
        return True

    def call(self) -> tuple[Document, StoredEntry, StoredEntry | None] | None:
        """The tool call `use`, the entry that makes it, and the entry with its result."""
        entry, use = self.entry(), self.argument("use")
        block = call_block(entry, use) if entry else None
        if entry is None or block is None:
            return None
        return block, entry, find_result(self.desk.archive.entries, self.argument("session"), use)
