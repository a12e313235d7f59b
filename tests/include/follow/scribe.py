"""Documents as the sync agent stores them, made by hand."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import pytest
from pymongo.collection import Collection

from cca.follow.agent import catch_up
from cca.settings import Settings

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


class Scribe:
    """Writes entries into the archive, one second of transcript time after another."""

    def __init__(self, collection: Any) -> None:
        self.collection = collection
        self.numbers = itertools.count()
        self.began = datetime.now(UTC).replace(microsecond=0)

    def document(
        self, entry: dict[str, Any], session: str = "s1", project: str = "-p1", **own: Any
    ) -> dict[str, Any]:
        number = next(self.numbers)
        at = own.pop("at", START + timedelta(seconds=number))
        return {
            **entry,
            "_id": blake2b(f"{session}{number}".encode(), digest_size=16).hexdigest(),
            "stream": session,
            "generation": 0,
            "sourceOffset": number * 100,
            "projectId": project,
            "sessionKey": session,
            "sourceFile": f"{project}/{session}.jsonl",
            "host": "laptop",
            "eventAt": at,
            "ingestedAt": self.began + timedelta(milliseconds=number),
            "preview": "",
            **own,
        }

    def write(self, entry: dict[str, Any], **own: Any) -> dict[str, Any]:
        document = self.document(entry, **own)
        self.collection.insert_one(document)
        return document

    def prompt(self, text: Any, uuid: str = "", **own: Any) -> dict[str, Any]:
        entry = {"type": "user", "message": {"role": "user", "content": text}}
        return self.write({**entry, "uuid": uuid or f"u{next(self.numbers)}"}, **own)

    def answer(self, *blocks: Any, uuid: str = "", message: str = "", **own: Any) -> dict[str, Any]:
        content = [{"type": "text", "text": b} if isinstance(b, str) else b for b in blocks]
        inner = {"role": "assistant", "id": message or f"m{next(self.numbers)}", "model": "opus"}
        entry = {"type": "assistant", "message": {**inner, "content": content}}
        return self.write({**entry, "uuid": uuid or f"u{next(self.numbers)}"}, **own)


@pytest.fixture
def scribe(collection: Collection[Any]) -> Scribe:
    return Scribe(collection)


@pytest.fixture
def caught_up(settings: Settings, mongo_uri: str) -> Callable[[], Any]:
    return lambda: catch_up(settings, mongo_uri)
