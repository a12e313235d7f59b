"""Subagents of a session, and which call started which of them.

The agent's meta file says it best, then the result of the launch, then the words of the prompt.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pymongo.collection import Collection

from cca.conversation.calls import call_block, find_results, result_block
from cca.conversation.order import (
    ORDER,
    agent_of_stream,
    is_transcript,
    streams_of,
    transcript_streams,
)
from cca.conversation.stored import StoredEntry, stored
from cca.conversation.tally import Tally, tally_of
from cca.mongo.archive import Document
from cca.transcript.agents import meta_of, workflow_of_file
from cca.transcript.blocks import is_call, kind_of
from cca.transcript.prompts import said
from cca.transcript.results import result_text
from cca.transcript.terminal import plain
from cca.transcript.tools import AGENT_TOOLS
from cca.transcript.values import mapping, string

_LAUNCHED = re.compile(r"\bagent_?id:\s*([A-Za-z0-9_@-]+)", re.IGNORECASE)
_LAUNCH_CHARACTERS = 4000
_TITLE_CHARACTERS = 120
_TEAMMATE = "in_process_teammate"
# What the first line of an agent's file is read for: where it lies, when it began, what was asked.
_FIRST = {
    "stream": 1, "sourceFile": 1, "eventAt": 1, "type": 1, "isSidechain": 1, "attachment": 1,
    "message.role": 1, "message.content": 1, "rawLine": 1, "rawFile": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Subagent:
    """A subagent with a conversation of its own; empty where nothing says.

    kind: the agent's type, such as Explore. `call` is the tool call that started it, `parent` the
    subagent that made the call, `workflow` its run (`wf_…`), `prompt` what it was asked. Only
    `find_subagent` sets `tally`.
    """

    id: str
    kind: str = ""
    description: str = ""
    name: str = ""
    call: str = ""
    parent: str = ""
    workflow: str = ""
    phase: str = ""
    prompt: str = ""
    started_at: datetime | None = None
    is_teammate: bool = False
    tally: Tally = field(default_factory=Tally)

    @property
    def is_compaction(self) -> bool:
        """Tells whether it wrote the summary that a compaction leaves."""
        return self.id.startswith("acompact")

    @property
    def title(self) -> str:
        """What it is called in lists: its description, else what it was asked."""
        if self.is_compaction:
            return "Compaction"
        first = self.prompt.strip().split("\n", 1)[0]
        return plain(self.description or self.name or first or self.id)[:_TITLE_CHARACTERS]

    @property
    def facts(self) -> list[str]:
        """What it is: its type, its phase and run in a workflow, whether it is a teammate."""
        told = (self.kind, self.phase, self.workflow, "teammate" if self.is_teammate else "")
        return [plain(fact) for fact in told if fact and plain(fact) != self.title]


def subagents(entries: Collection[Document], session_id: str) -> list[Subagent]:
    """Returns the subagents whose conversations are in the archive, in the order they began.

    Three queries for a session, whatever their number.
    """
    names = streams_of(entries, session_id)
    talks = {
        agent: name for name in names if is_transcript(name) and (agent := agent_of_stream(name))
    }
    if not talks:
        return []
    metas = [name for name in names if name.endswith(".meta.json")]
    known = {agent: Subagent(agent) for agent in talks}
    in_session: Document = {"sessionKey": session_id}
    for document in entries.find(in_session | {"stream": {"$in": metas}}).sort(list(ORDER)):
        found = _with_meta(known, stored(entries, document))
        known |= {found.id: found} if found else {}
    for document in _first_entries(entries, in_session, sorted(talks.values())):
        entry = stored(entries, document)
        known[entry.agent] = _with_first_entry(known[entry.agent], entry)
    return sorted(
        known.values(), key=lambda each: (each.started_at is None, each.started_at, each.id)
    )


def find_subagent(entries: Collection[Document], session_id: str, agent: str) -> Subagent | None:
    """Returns one subagent of a session, with what its conversation comes to."""
    found = next((each for each in subagents(entries, session_id) if each.id == agent), None)
    if found is None:
        return None
    streams = transcript_streams(entries, session_id, agent)
    talk: Document = {"sessionKey": session_id, "stream": {"$in": streams}}
    return replace(found, tally=tally_of(entries, talk))


def started_by(
    entries: Collection[Document], entry: StoredEntry, call_id: str, answer: StoredEntry | None
) -> list[Subagent]:
    """Returns the subagents that a tool call started: one, or all those of a workflow's run."""
    block = call_block(entry, call_id) or {}
    if string(block.get("name")) not in AGENT_TOOLS:
        return []
    session_id = str(entry.document["sessionKey"])
    known = subagents(entries, session_id)
    own = [each for each in known if each.call == call_id]
    launch = mapping(answer.body.get("toolUseResult")) if answer else {}
    if run := string(launch.get("runId")):
        own += [each for each in known if each.workflow == run and each not in own]
    if own:
        return own
    launched = _launched_by(answer, call_id) if answer else set()
    free = [each for each in known if not each.call]
    named = [each for each in free if each.id in launched or _is_teammate(each, block, launch)]
    return named or _by_prompt(entries, session_id, call_id, block, free)


def tree(found: Iterable[Subagent]) -> list[tuple[int, Subagent]]:
    """Returns subagents with their depth, each below the one that started it."""
    below: dict[str, list[Subagent]] = {}
    agents = list(found)
    ids = {each.id for each in agents}
    for each in agents:
        below.setdefault(each.parent if each.parent in ids else "", []).append(each)
    shown: list[tuple[int, Subagent]] = []
    waiting = [(0, each) for each in reversed(below.pop("", []))]
    while waiting:
        depth, each = waiting.pop()
        shown.append((depth, each))
        waiting += [(depth + 1, child) for child in reversed(below.pop(each.id, []))]
    # Two that name each other as the parent stand at the end.
    return shown + [(0, each) for rest in below.values() for each in rest]


def _first_entries(
    entries: Collection[Document], in_session: Document, talks: list[str]
) -> Iterator[Document]:
    """The first line of each file; nearly all of them at its very beginning, in one query."""
    begin = {"stream": {"$in": talks}, "generation": 0, "sourceOffset": 0}
    rest = set(talks)
    for document in entries.find(in_session | begin, _FIRST):
        rest.discard(str(document["stream"]))
        yield document
    for name in sorted(rest):
        found = entries.find_one(in_session | {"stream": name}, _FIRST, sort=list(ORDER))
        if found:
            yield found


def _with_meta(known: dict[str, Subagent], entry: StoredEntry) -> Subagent | None:
    meta = meta_of(entry.body)
    if meta is None or meta.agent_id not in known:
        return None
    return replace(
        known[meta.agent_id],
        kind=meta.kind,
        description=meta.description,
        name=meta.name,
        call=meta.tool_use_id,
        parent=meta.parent_agent_id,
        phase=meta.workflow_phase,
        is_teammate=meta.task_kind == _TEAMMATE,
    )


def _with_first_entry(agent: Subagent, entry: StoredEntry) -> Subagent:
    file = str(entry.document.get("sourceFile") or "")
    found = said(entry.body)
    asked = found.headline or found.text if found and found.speaker != "claude" else ""
    return replace(
        agent,
        workflow=workflow_of_file(file) or "",
        started_at=entry.document.get("eventAt"),
        prompt=asked,
    )


def _began(agent: Subagent) -> tuple[bool, float, str]:
    """Sorts by start; subagents without a start come last."""
    at = agent.started_at
    return at is None, at.timestamp() if at else 0.0, agent.id


def _asked(entry: StoredEntry) -> Iterator[tuple[str, object]]:
    """The calls of an entry, and the prompt of each."""
    for block in entry.blocks:
        if is_call(kind_of(block)):
            yield str(block.get("id")), mapping(block.get("input")).get("prompt")


def _is_teammate(agent: Subagent, block: dict[str, Any], launch: dict[str, Any]) -> bool:
    """Tells whether the call made this teammate, who works in the same process and has a name."""
    name = string(launch.get("name")) or string(mapping(block.get("input")).get("name"))
    return agent.is_teammate and bool(name) and agent.name == name


def _by_prompt(
    entries: Collection[Document], session_id: str, call_id: str, block: dict[str, Any],
    free: list[Subagent],
) -> list[Subagent]:  # fmt: skip
    """The agent that was asked the call's very words.

    Of several calls with the same words, and no other sign, the first started the first agent.
    """
    prompt = string(mapping(block.get("input")).get("prompt"))
    same = [each for each in free if prompt and each.prompt.strip() == prompt.strip()]
    if not same:
        return []
    in_session: Document = {"sessionKey": session_id}
    asking = in_session | {"message.content.input.prompt": prompt}
    calls = [
        call
        for document in entries.find(asking).sort("eventAt", 1)
        for call, given in _asked(stored(entries, document))
        if given == prompt
    ]
    answers = find_results(entries, in_session, set(calls))
    launched = {call: _launched_by(answer, call) for call, answer in answers.items()}
    ids = {each.id for each in same}
    waiting = [call for call in calls if not launched.get(call, set()) & ids]
    left = [each for each in same if not any(each.id in named for named in launched.values())]
    place = waiting.index(call_id) if call_id in waiting else 0
    return left[place : place + 1]


def _launched_by(answer: StoredEntry, call_id: str) -> set[str]:
    """Ids that the result of a launch names; subagents' files have nothing but its words."""
    launch = mapping(answer.body.get("toolUseResult"))
    told = {name for key in ("agentId", "agent_id") if (name := string(launch.get(key)))}
    if told:
        return told
    result = result_block(answer.body, call_id) or {}
    return set(_LAUNCHED.findall(result_text(result.get("content"))[:_LAUNCH_CHARACTERS]))
