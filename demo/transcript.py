"""One transcript as it grows: envelope, parent chain, clock, context size, and its ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cca.demo.causes import Causes
from cca.demo.clock import iso
from cca.demo.ids import new_uuid
from cca.demo.ledger import ApiMessage, Ledger, Tally
from cca.demo.prices import Usage

Entry = dict[str, Any]

# Tokens of system prompt and tools: mostly read from a cache others filled; the rest is written.
SYSTEM_CACHED, _SYSTEM_OWN = 16_339, 9_446


@dataclass(frozen=True)
class Home:
    """Where a transcript lies and counts; `path` is relative to the projects folder."""

    project_id: str
    session_id: str
    path: str


@dataclass
class Transcript:
    """Entries of one file, in the order Claude Code would write them."""

    home: Home
    ledger: Ledger
    rng: Random
    at: datetime
    envelope: Entry
    model: str
    causes: Causes
    agent_id: str | None = None
    entries: list[Entry] = field(default_factory=list)
    parent: str | None = None
    prompt_id: str = ""
    context: int = SYSTEM_CACHED
    pending: int = _SYSTEM_OWN
    # What cost-state reports: tallies by model, shared with the session's subagents.
    spent: dict[str, Tally] = field(default_factory=dict)
    changed_lines: list[int] = field(default_factory=lambda: [0, 0])
    titles: dict[str, str] = field(default_factory=dict)
    # Why the next request finds less in the cache, and the tokens that it does not find.
    broken: tuple[str, int] | None = None

    def wait(self, low: float, high: float) -> None:
        self.at += timedelta(milliseconds=round(self.rng.uniform(low, high) * 1000))

    def record(
        self, kind: str, body: Mapping[str, Any], after: Mapping[str, Any] | None = None
    ) -> Entry:
        """Append an entry with the envelope; `after` are fields behind the timestamp."""
        side = {"isSidechain": self.agent_id is not None}
        agent = {"agentId": self.agent_id} if self.agent_id else {}
        entry: Entry = {
            "parentUuid": self.parent, **side, **agent, "type": kind, **body,
            "uuid": new_uuid(self.rng), "timestamp": iso(self.at), **(after or {}), **self.envelope,
        }  # fmt: skip
        self.parent = entry["uuid"]
        self._append(entry)
        if kind in ("user", "assistant"):
            self.ledger.count(f"{kind}_messages")
        return entry

    def note(self, kind: str, **fields: Any) -> None:
        """Append a line without uuid, as titles, modes and queue operations are."""
        self._append({"type": kind, **fields, "sessionId": self.home.session_id})

    def snapshot(self, paths: list[str]) -> None:
        """A file-history-snapshot: no sessionId, and keys with dots."""
        backups = {
            path: {
                "backupFileName": f"{self.rng.getrandbits(64):016x}@v1",
                "version": 1,
                "backupTime": iso(self.at),
            }
            for path in paths
        }
        message = new_uuid(self.rng)
        snapshot = {"messageId": message, "trackedFileBackups": backups, "timestamp": iso(self.at)}
        self._append(
            {
                "type": "file-history-snapshot",
                "messageId": message,
                "snapshot": snapshot,
                "isSnapshotUpdate": bool(paths),
            }
        )

    def title(self, kind: str, text: str) -> None:
        """`ai-title` or `custom-title`: the last of a kind wins, a custom one before the others."""
        self.titles[kind] = text
        self.note(kind, **{"aiTitle" if kind == "ai-title" else "customTitle": text})
        self.ledger.titles[self.home.session_id] = self.titles.get("custom-title") or text

    def copy(self, entries: list[Entry], changes: Mapping[str, Any]) -> None:
        """Take over another session's history as forks and resumes do: lines, but nothing new."""
        for entry in entries:
            if "uuid" in entry:
                copied = {
                    **entry,
                    **({"promptId": self.prompt_id} if "promptId" in entry else {}),
                    **changes,
                }
                self.entries.append({**copied, "sessionId": self.home.session_id})
                self.ledger.count("transcript_lines")
                self.parent = entry["uuid"]

    def break_cache(self, cause: str, kept: int = 0) -> None:
        """Lose the cached context beyond `kept` tokens: the next request writes it again."""
        self.broken = cause, self.context - kept
        self.pending += self.context - kept
        self.context = kept

    def switch_branch(self, name: str) -> None:
        """What is written from now on was written on that branch."""
        self.envelope = {**self.envelope, "gitBranch": name}

    def spend(
        self, usage: Usage, at: datetime, searches: int = 0, causes: Causes | None = None
    ) -> None:
        """Enter an API message into the ledger and the session's own accounts."""
        if self.broken:
            cause, lost = self.broken
            self.ledger.cache_break(self.home.session_id, cause, self.model, usage, lost)
            self.broken = None
        said = (causes or self.causes).counted(self.model)
        place = {"branch": "gitBranch", "version": "version", "entrypoint": "entrypoint"}
        made = ApiMessage(
            self.home.project_id, self.home.session_id, self.model, at, usage, searches,
            said | {name: self.envelope[written] for name, written in place.items()},
        )  # fmt: skip
        cost = self.ledger.api_message(made)
        self.spent.setdefault(self.model, Tally()).add(usage, cost, searches)

    def next_usage(self, output: int) -> Usage:
        """Tokens of the next request: the context so far is read, what is new since is written.

        Even counts keep each message's cost a whole number of 1e-8 USD at every price.
        """
        written = self.pending + self.pending % 2
        main = self.agent_id is None
        usage = Usage(
            input=self.rng.randint(3, 12),
            output=output,
            cache_write_5m=0 if main else written,
            cache_write_1h=written if main else 0,
            cache_read=self.context,
        )
        self.context += written
        self.pending = output
        return usage

    def _append(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.ledger.count("transcript_lines")
        self.ledger.count("entries")
