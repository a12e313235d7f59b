"""One session's row in the lists, counted from its documents; copies within it count once."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from cca.mongo.archive import Document
from cca.transcript.blocks import blocks_of
from cca.transcript.entry import ODD_ENTRY, entry_of
from cca.transcript.prompts import said
from cca.transcript.results import is_rejection, result_text
from cca.transcript.roles import SYNTHETIC_MODEL, role_of
from cca.transcript.slugs import slug_of
from cca.transcript.times import is_outlier
from cca.transcript.titles import LONGEST_TITLE, TITLE_FIELDS, title_of, title_of_said
from cca.transcript.values import mapping, mended, string

log = logging.getLogger(__name__)

Row = dict[str, Any]
# Documents with the texts of their tool results, which most of the counting does without.
Texts = Callable[[list[str]], Iterable[Document]]

_FILE_TIME_RANK = 2
# Years off: such a time counts only where a session has no other.
_WRONG_CLOCK = 4


@dataclass
class _Counts:
    """What one pass over a session collects."""

    entries: set[str] = field(default_factory=set)
    prompts: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    answers: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)
    # documents with results that are errors
    failing: dict[str, None] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    agents: set[str] = field(default_factory=set)
    # insertion order is order of appearance
    models: dict[str, None] = field(default_factory=dict)
    branches: dict[str, None] = field(default_factory=dict)
    tools: dict[str, None] = field(default_factory=dict)
    titles: dict[str, tuple[tuple[int, int], str]] = field(default_factory=dict)
    # Times by how much they say of the work: lowest rank first.
    times: dict[int, list[Any]] = field(default_factory=dict)
    updates: list[Any] = field(default_factory=list)
    first_prompt: str = ""
    prompt_title: str = ""
    told_title: str = ""
    cwd: str | None = None
    place: Document | None = None


def session_row(session_key: str, documents: Iterable[Document], texts: Texts) -> Row | None:
    """The row, from the documents in the order stream, generation, offset; None without any."""
    counts = _Counts()
    for document in documents:
        is_main = document.get("stream") == session_key
        try:
            _count(counts, document, entry_of(document), is_main=is_main)
        except ODD_ENTRY as error:
            log.warning("entry %s is not counted: %s", document.get("_id"), type(error).__name__)
    if counts.failing:
        counts.errors -= _rejected(texts(list(counts.failing)))
    return _row(session_key, counts) if counts.place else None


def _rejected(documents: Iterable[Document]) -> set[str]:
    """Calls that a person did not allow."""
    calls = set()
    for document in documents:
        try:
            entry = entry_of(document)
            for block in map(mapping, blocks_of(entry)):
                text = result_text(block.get("content"))
                if block.get("is_error") is True and is_rejection(entry, string(text) or ""):
                    calls.add(string(block.get("tool_use_id")))
        except ODD_ENTRY as error:
            log.warning("entry %s is not read: %s", document.get("_id"), type(error).__name__)
    return {call for call in calls if call}


def _count(counts: _Counts, document: Document, entry: dict[str, Any], *, is_main: bool) -> None:
    uuid = string(entry.get("uuid"))
    key = uuid or str(document["_id"])
    if counts.place is None or (is_main and counts.place.get("stream") != document.get("stream")):
        counts.place = document
    counts.entries.add(key)
    counts.updates.append(document["ingestedAt"])
    is_wrong = is_outlier(document["eventAt"], document["ingestedAt"])
    rank = _WRONG_CLOCK if is_wrong else _time_rank(entry)
    counts.times.setdefault(rank, []).append(document["eventAt"])
    counts.cwd = _better_cwd(counts.cwd, string(entry.get("cwd")), document.get("projectId"))
    for values, value in (
        (counts.branches, entry.get("gitBranch")),
        (counts.models, mapping(entry.get("message")).get("model")),
    ):
        if isinstance(value, str) and value and value != SYNTHETIC_MODEL:
            values[value] = None
    if agent := string(entry.get("agentId")):
        counts.agents.add(agent)
    _count_message(counts, entry, key, str(document["_id"]))
    _count_prompt(counts, entry, key)
    _keep_title(counts, document, entry)


def _count_prompt(counts: _Counts, entry: dict[str, Any], key: str) -> None:
    """A session without a title is named by its first prompt, else by what it was told first."""
    found = said(entry)
    if found is None:
        return
    if found.is_prompt:
        counts.prompts.add(key)
        counts.first_prompt = counts.first_prompt or mended(found.text).strip()[:LONGEST_TITLE]
        counts.prompt_title = counts.prompt_title or title_of_said(found)
    elif found.speaker == "teammate" and entry.get("isSidechain") is not True:
        counts.told_title = counts.told_title or title_of_said(found)


def _time_rank(entry: dict[str, Any]) -> int:
    """0 and 1 were written with the entry; 2 and 3 are the file's time, or a neighbour's."""
    is_own = string(entry.get("timestamp")) is not None
    return (0 if is_own else 2) + (0 if string(entry.get("uuid")) else 1)


def _better_cwd(kept: str | None, other: str | None, project_id: object) -> str | None:
    """The first, unless a later one is the folder that the project is named after."""
    if kept is None or other is None or kept == other:
        return kept or other
    return other if slug_of(other) == project_id != slug_of(kept) else kept


def _count_message(counts: _Counts, entry: dict[str, Any], key: str, document_id: str) -> None:
    role = role_of(entry)
    if role is None:
        return
    if role == "assistant":
        counts.answers.add(string(mapping(entry.get("message")).get("id")) or key)
    else:
        counts.users.add(key)
    for number, block in enumerate(blocks_of(entry)):
        kind = mapping(block).get("type")
        if kind == "tool_use":
            call = string(block.get("id")) or f"{key}:{number}"
            counts.calls.add(call)
            if name := string(block.get("name")):
                counts.tools[name] = None
                counts.names[call] = name
        elif kind == "tool_result" and block.get("is_error") is True:
            counts.errors.add(string(block.get("tool_use_id")) or f"{key}:{number}")
            counts.failing[document_id] = None


def _keep_title(counts: _Counts, document: Document, entry: dict[str, Any]) -> None:
    kind, title = title_of(entry) or ("", "")
    order = (int(document.get("generation") or 0), int(document.get("sourceOffset") or 0))
    if title and order >= counts.titles.get(kind, ((-1, -1), ""))[0]:
        counts.titles[kind] = (order, title)


def _row(session_key: str, counts: _Counts) -> Row:
    place = counts.place or {}
    rank = min(counts.times)
    times = counts.times[rank]
    titles = (counts.titles[kind][1] for kind in TITLE_FIELDS if kind in counts.titles)
    return {
        "_id": session_key,
        "projectId": place.get("projectId"),
        "host": place.get("host"),
        "cwd": counts.cwd,
        "title": next(titles, counts.prompt_title or counts.told_title or None),
        "firstPrompt": counts.first_prompt or None,
        "startedAt": min(times),
        "endedAt": max(times),
        "isDated": rank < _FILE_TIME_RANK,
        "updatedAt": max(counts.updates),
        "entries": len(counts.entries),
        "prompts": len(counts.prompts),
        "userMessages": len(counts.users),
        "assistantMessages": len(counts.answers),
        "toolCalls": len(counts.calls),
        "toolErrors": len(counts.errors),
        "subagents": len(counts.agents),
        "models": list(counts.models),
        "branches": list(counts.branches),
        "tools": list(counts.tools),
        "failedTools": sorted({counts.names[call] for call in counts.errors & counts.names.keys()}),
        "isSpoken": bool(counts.users or counts.answers),
    }
