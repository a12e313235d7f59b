"""An entry as the archive keeps it, and where it stands."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from pymongo.collection import Collection

from cca.annotations import Annotation
from cca.conversation.order import ORDER, agent_of_stream
from cca.mongo.archive import Document, whole
from cca.transcript.blocks import as_blocks, blocks_of
from cca.transcript.entry import entry_of
from cca.transcript.prompts import queued_blocks
from cca.transcript.times import parse_timestamp


@dataclass(frozen=True)
class StoredEntry:
    """An entry as written (`body`), its document, and what somebody noted on it."""

    id: str
    body: dict[str, Any]
    document: Document
    is_masked: bool = False
    # How many values an export hid in it.
    masked_places: int = 0
    # The document's `eventAt` is then the corrected one.
    is_clock_wrong: bool = False
    annotation: Annotation | None = None

    @cached_property
    def blocks(self) -> list[Any]:
        """The content blocks, also those of a queued prompt and of Claude Code's own commands."""
        if self.body.get("type") == "system":
            return as_blocks(self.body.get("content"))
        return queued_blocks(self.body) or blocks_of(self.body)

    @property
    def at(self) -> datetime | None:
        """When it was written by its own clock, else when the agent says it happened.

        A clock that was plainly wrong tells nothing.
        """
        written = None if self.is_clock_wrong else parse_timestamp(self.body.get("timestamp"))
        return written or self.document.get("eventAt")

    @property
    def agent(self) -> str:
        """The subagent whose file it stands in; "" in the main conversation."""
        return agent_of_stream(str(self.document.get("stream") or ""))

    @property
    def is_lost(self) -> bool:
        """Tells whether GridFS should hold the line and does not."""
        return "rawFile" in self.document and "message" not in self.body


def stored(entries: Collection[Document], document: Document) -> StoredEntry:
    """Returns the entry of a document; a line that GridFS holds is fetched."""
    return StoredEntry(str(document["_id"]), entry_of(whole(entries, document)), document)


def find_entry(entries: Collection[Document], session_id: str, entry_id: str) -> StoredEntry | None:
    """Returns an entry by its document id, its uuid, or a tool call that it makes."""
    found = entries.find_one({"_id": entry_id, "sessionKey": session_id})
    for name in ("uuid", "message.content.id"):
        if found is None:
            found = entries.find_one({"sessionKey": session_id, name: entry_id}, sort=list(ORDER))
    return stored(entries, found) if found else None
