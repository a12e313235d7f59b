"""Sessions as the sync agent and the follower would store them, told line by line."""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cca.mongo import archive, changes
from cca.settings import Settings

START = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


@dataclass
class Story:
    """Writes one session's documents the way the sync agent stores them."""

    session: str
    project: str = "-home-ada-atlas"
    cwd: str = "/home/ada/atlas"
    at: datetime = START
    title: str = ""
    branch: str = "main"
    documents: list[dict[str, Any]] = field(default_factory=list)
    _count: Iterator[int] = field(default_factory=itertools.count)

    def add(
        self, entry: dict[str, Any], *, agent: str = "", generation: int = 0, after: float = 4.0
    ) -> str:
        """Stores an entry `after` seconds after the last one; its document id."""
        number = next(self._count)
        self.at += timedelta(seconds=after)
        entry = {
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.session}{number}")),
            "timestamp": self.at.isoformat().replace("+00:00", "Z"),
            "sessionId": self.session,
            "cwd": self.cwd,
            **({"agentId": agent, "isSidechain": True} if agent else {}),
            **entry,
        }
        document = {
            "_id": uuid.uuid5(uuid.NAMESPACE_URL, f"{self.session}{number}{generation}").hex,
            "stream": f"{self.session}/agent-{agent}" if agent else self.session,
            "generation": generation,
            "sourceOffset": number * 1000,
            "projectId": self.project,
            "sessionKey": self.session,
            "sourceFile": f"{self.project}/{self.session}.jsonl",
            "host": "test-host",
            "eventAt": self.at,
            "ingestedAt": self.at,
            "preview": "",
        }
        self.documents.append({**entry, **document})
        return str(document["_id"])

    def prompt(self, content: Any, **given: Any) -> str:
        entry = {"type": "user", "message": {"role": "user", "content": content}}
        return self.add({**entry, **given.pop("entry", {})}, **given)

    def says(self, *blocks: Any, message: str = "", **given: Any) -> str:
        content = [{"type": "text", "text": b} if isinstance(b, str) else b for b in blocks]
        return self.add(
            {
                "type": "assistant",
                "message": {
                    "id": message or f"msg_{uuid.uuid4().hex}",
                    "role": "assistant",
                    "model": "claude-opus-4-8",
                    "content": content,
                },
            },
            **given,
        )

    def calls(
        self, name: str, given: dict[str, Any], result: Any, *, use: str = "", error: bool = False,
        took: float = 2.0, facts: Any = None, **rest: Any,
    ) -> tuple[str, str]:  # fmt: skip
        """A tool call and its result; their two document ids."""
        use = use or f"toolu_{uuid.uuid4().hex[:20]}"
        call = {"type": "tool_use", "id": use, "name": name, "input": given}
        block = {"type": "tool_result", "tool_use_id": use, "content": result}
        asked = self.says(call, **rest)
        entry = {"toolUseResult": facts} if facts is not None else {}
        answer = self.prompt(
            [{**block, "is_error": True} if error else block], entry=entry, after=took, **rest
        )
        return asked, answer

    def rollup(self) -> dict[str, Any]:
        """The session's row, as the follower would write it."""
        blocks = [
            block
            for document in self.documents
            for block in _blocks(document)
            if isinstance(block, dict)
        ]
        kinds = [document.get("type") for document in self.documents]
        return {
            "_id": self.session,
            "projectId": self.project,
            "host": "test-host",
            "projectKey": self.cwd,
            "cwd": self.cwd,
            "title": self.title,
            "firstPrompt": "",
            "startedAt": self.documents[0]["eventAt"],
            "endedAt": self.documents[-1]["eventAt"],
            "updatedAt": self.documents[-1]["eventAt"],
            "entries": len(self.documents),
            "prompts": 1,
            "userMessages": kinds.count("user"),
            "assistantMessages": kinds.count("assistant"),
            "toolCalls": sum(block.get("type") == "tool_use" for block in blocks),
            "toolErrors": sum(bool(block.get("is_error")) for block in blocks),
            "subagents": len({d["stream"] for d in self.documents}) - 1,
            "models": ["claude-opus-4-8"],
            "branches": [self.branch],
            "tools": sorted({b["name"] for b in blocks if b.get("type") == "tool_use"}),
            "isSpoken": True,
        }


def _blocks(document: dict[str, Any]) -> list[Any]:
    content = (document.get("message") or {}).get("content")
    return content if isinstance(content, list) else []


def store(settings: Settings, stories: list[Story]) -> None:
    """Documents and rollups of the stories."""
    with archive.connect(settings.mongo_uri) as client:
        database = archive.database(client, settings)
        for story in stories:
            archive.conversations(client, settings).insert_many(story.documents)
            database["sessions"].insert_one(story.rollup())
            changes.note(database, [story.session])
            for document in story.documents:
                role = document.get("type")
                if role in {"user", "assistant"}:
                    hour = document["eventAt"].replace(minute=0, second=0, microsecond=0)
                    database["activity"].update_one(
                        {"_id": f"{story.project}|{hour.isoformat()}|{role}"},
                        {
                            "$inc": {"count": 1},
                            "$set": {
                                "projectId": story.project,
                                "projectKey": story.cwd,
                                "hour": hour,
                                "role": role,
                            },
                        },
                        upsert=True,
                    )
        archive.conversations(client, settings).create_index(
            [("sessionKey", 1), ("stream", 1), ("generation", 1), ("sourceOffset", 1)]
        )
