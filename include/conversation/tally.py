"""What a conversation comes to: entries, calls, failures, models and its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.collection import Collection

from cca.conversation.calls import status_of
from cca.conversation.stored import stored
from cca.mongo.archive import Document
from cca.transcript.blocks import is_call, is_result, kind_of
from cca.transcript.roles import SYNTHETIC_MODEL
from cca.transcript.values import mapping, string

_FIELDS = {"eventAt": 1, "type": 1, "message.content.type": 1, "message.model": 1}
_LINES = ("rawLine", "rawFile")


@dataclass(frozen=True)
class Tally:
    """Counts of a conversation; a call that a person declined is no failed one."""

    entries: int = 0
    calls: int = 0
    failed: int = 0
    models: tuple[str, ...] = ()
    ended_at: datetime | None = None


def tally_of(entries: Collection[Document], talk: Document) -> Tally:
    """Counts the entries that match; long results are not read unless they are errors."""
    count = calls = 0
    models: dict[str, None] = {}
    ended_at: datetime | None = None
    for document in entries.find(talk, _FIELDS | dict.fromkeys(_LINES, 1)):
        entry = stored(entries, document)
        count += 1
        calls += sum(is_call(kind_of(block)) for block in entry.blocks)
        model = string(mapping(entry.body.get("message")).get("model"))
        if model and model != SYNTHETIC_MODEL:
            models[model] = None
        at = document.get("eventAt")
        ended_at = at if ended_at is None else max(ended_at, at or ended_at)
    failed = sum(status == "failed" for status in _ends(entries, talk))
    return Tally(count, calls, failed, tuple(models), ended_at)


def _ends(entries: Collection[Document], talk: Document) -> Iterator[str]:
    """How the calls ended whose results say that they are errors."""
    told: list[dict[str, Any]] = [{"message.content.is_error": True}]
    told += [{name: {"$exists": True}} for name in _LINES]
    for document in entries.find({**talk, "$or": told}):
        entry = stored(entries, document)
        for block in entry.blocks:
            if is_result(kind_of(block)):
                yield status_of(entry.body, block)
