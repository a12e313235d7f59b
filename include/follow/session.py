"""One session's row in the lists, counted from its documents; copies within it count once."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cca.mongo.archive import Document
from cca.transcript.blocks import blocks_of
from cca.transcript.clocks import corrected
from cca.transcript.entry import ODD_ENTRY, read_in_place
from cca.transcript.projects import Home, Place
from cca.transcript.prompts import Said, said
from cca.transcript.results import is_rejection, result_text
from cca.transcript.roles import SYNTHETIC_MODEL, role_of
from cca.transcript.terminal import plain
from cca.transcript.times import parse_timestamp
from cca.transcript.titles import LONGEST_TITLE, TITLE_FIELDS, title_of, title_of_said
from cca.transcript.values import mapping, mended, string

log = logging.getLogger(__name__)

Row = dict[str, Any]
# Documents with the texts of their tool results, which most of the counting does without.
Texts = Callable[[list[str]], Iterable[Document]]

# Side files are kept in the archive, but they are no entries of a transcript.
_SIDE_FILES = frozenset({"agent-meta", "workflow", "tool-result"})


@dataclass(slots=True)
class _Entry:
    """One entry; of copies within the session the first outside sidechains speaks."""

    has_uuid: bool
    is_sidechain: bool
    spoken_at: datetime
    event_at: datetime
    # When MongoDB took the first copy.
    taken_at: datetime
    written_at: datetime | None = None
    own_written_at: datetime | None = None
    # Of any copy: it names another session as its own, or as the one that its file branched from.
    is_foreign: bool = False
    is_forked: bool = False
    is_side_file: bool = False
    is_prompt: bool = False
    role: str | None = None
    branch: str | None = None
    model: str | None = None
    agent: str | None = None
    # Of all copies.
    calls: tuple[str, ...] = ()


@dataclass
class Counts:
    """What one pass over a session collects."""

    documents: int = 0
    # By uuid, or by document id without one; in order of appearance.
    entries: dict[str, _Entry] = field(default_factory=dict)
    errors: set[str] = field(default_factory=set)
    # documents with results that are errors
    failing: dict[str, None] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    titles: dict[str, tuple[tuple[int, int], str]] = field(default_factory=dict)
    # Place, title and entry of each `summary` line: it names that entry's session, often another.
    summaries: list[tuple[tuple[int, int], str, str]] = field(default_factory=list)
    last_event_at: datetime | None = None
    updates: list[Any] = field(default_factory=list)
    first_prompt: str = ""
    prompt_title: str = ""
    told_title: str = ""
    home: Home = field(default_factory=Home)
    place: Document | None = None


def counted(session_key: str, documents: Iterable[Document]) -> Counts:
    """Return what one pass over a session's documents counts.

    They come by stream, generation, offset, and their times are UTC and name no zone.
    """
    counts = Counts()
    for document, is_clock_wrong in corrected(documents):
        is_main = document.get("stream") == session_key
        try:
            entry = read_in_place(document)
            written_at = None if is_clock_wrong else _written_at(entry)
            _count(counts, document, entry, written_at, is_main=is_main)
        except ODD_ENTRY as error:
            log.warning("entry %s is not counted: %s", document.get("_id"), type(error).__name__)
    return counts


def session_row(session_key: str, counts: Counts, repeated: frozenset[str]) -> Row | None:
    """Return the row, or None without documents; `repeated` are entries that another had first.

    Counts and times are of the session's own entries, as in gold's `dim_sessions`: what a fork
    repeats counts for the session that had it first. `entries` alone counts all documents, and
    `title`, `firstPrompt` and `cwd` may stem from a copy.
    """
    return None if counts.place is None else _row(session_key, counts, repeated)


def leave_out_rejected(counts: Iterable[Counts], texts: Texts) -> None:
    """Take calls that a person did not allow out of the errors of several sessions."""
    failing = {document: one for one in counts for document in one.failing}
    if failing:
        for document in texts(list(failing)):
            failing[document["_id"]].errors -= _rejected(document)


def _rejected(document: Document) -> set[str]:
    """Return the calls whose results in a document, read with their texts, say a person's no."""
    calls: set[str] = set()
    try:
        entry = read_in_place(document)
        for block in map(mapping, blocks_of(entry)):
            text = result_text(block.get("content"))
            if block.get("is_error") is True and is_rejection(entry, string(text) or ""):
                calls.add(string(block.get("tool_use_id")) or "")
    except ODD_ENTRY as error:
        log.warning("entry %s is not read: %s", document.get("_id"), type(error).__name__)
    return calls - {""}


def _count(
    counts: Counts, document: Document, entry: dict[str, Any], written_at: datetime | None, *,
    is_main: bool,
) -> None:  # fmt: skip
    uuid = string(entry.get("uuid"))
    event_at, session = document["eventAt"], string(entry.get("sessionId"))
    found = said(entry)
    one = _Entry(
        bool(uuid), entry.get("isSidechain") is True, event_at, event_at, document["ingestedAt"],
        written_at, written_at,
        is_foreign=session is not None and session != document.get("sessionKey"),
        is_forked=mapping(entry.get("forkedFrom")).get("sessionId") is not None,
        role=role_of(entry), is_prompt=found is not None and found.is_prompt,
        is_side_file=string(entry.get("type")) in _SIDE_FILES,
        branch=string(entry.get("gitBranch")),
        model=string(mapping(entry.get("message")).get("model")),
        agent=string(entry.get("agentId")),
    )  # fmt: skip
    key = uuid or str(document["_id"])
    if counts.place is None or (is_main and counts.place.get("stream") != document.get("stream")):
        counts.place = document
    counts.documents += 1
    counts.updates.append(document["ingestedAt"])
    counts.last_event_at = max(counts.last_event_at or event_at, event_at)
    counts.home.see(
        str(document.get("projectId") or ""), string(entry.get("cwd")),
        Place(one.is_sidechain, str(document.get("stream") or ""), *_order(document)),
        event_at, document["ingestedAt"],
    )  # fmt: skip
    _count_blocks(counts, one, entry, str(document["_id"]))
    counts.entries[key] = one if key not in counts.entries else _folded(counts.entries[key], one)
    if found is not None:
        _name_by(counts, found, is_sidechain=one.is_sidechain)
    _keep_title(counts, document, entry)


def _written_at(entry: dict[str, Any]) -> datetime | None:
    """Return when the entry says it was written, to the millisecond that MongoDB keeps."""
    at = parse_timestamp(entry.get("timestamp"))
    if at is None or at.microsecond % 1000 == 0:
        return at
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _folded(first: _Entry, other: _Entry) -> _Entry:
    """Return what two copies within the session are together."""
    is_later = (first.is_sidechain, first.spoken_at) <= (other.is_sidechain, other.spoken_at)
    kept, left = (first, other) if is_later else (other, first)
    kept.event_at = min(kept.event_at, left.event_at)
    kept.taken_at = min(kept.taken_at, left.taken_at)
    kept.is_foreign |= left.is_foreign
    kept.is_forked |= left.is_forked
    kept.written_at = max(filter(None, (kept.written_at, left.written_at)), default=None)
    kept.calls += left.calls
    return kept


def _name_by(counts: Counts, found: Said, *, is_sidechain: bool) -> None:
    """A session without a title is named by its first prompt, else by what it was told first."""
    if found.is_prompt:
        counts.first_prompt = counts.first_prompt or mended(found.text).strip()[:LONGEST_TITLE]
        counts.prompt_title = counts.prompt_title or title_of_said(found)
    elif found.speaker == "teammate" and not is_sidechain:
        counts.told_title = counts.told_title or title_of_said(found)


def _count_blocks(counts: Counts, one: _Entry, entry: dict[str, Any], document_id: str) -> None:
    for number, block in enumerate(blocks_of(entry)):
        kind = mapping(block).get("type")
        if kind == "tool_use":
            call = string(block.get("id")) or f"{document_id}:{number}"
            one.calls += (call,)
            if name := string(block.get("name")):
                counts.names.setdefault(call, name)
        elif kind == "tool_result" and block.get("is_error") is True:
            counts.errors.add(string(block.get("tool_use_id")) or f"{document_id}:{number}")
            counts.failing[document_id] = None


def _keep_title(counts: Counts, document: Document, entry: dict[str, Any]) -> None:
    kind, title = title_of(entry) or ("", "")
    if not title:
        return
    order = _order(document)
    if kind == "summary":
        counts.summaries.append((order, title, string(entry.get("leafUuid")) or ""))
    elif order >= counts.titles.get(kind, ((-1, -1), ""))[0]:
        counts.titles[kind] = (order, title)


def _title(counts: Counts, repeated: frozenset[str]) -> str | None:
    titles = {kind: title for kind, (_, title) in counts.titles.items()}
    own = counts.entries.keys() - repeated
    if named := [one for one in counts.summaries if one[2] in own]:
        titles["summary"] = max(named)[1]
    written = (titles[kind] for kind in TITLE_FIELDS if kind in titles)
    return next(written, counts.prompt_title or counts.told_title or None)


def _order(document: Document) -> tuple[int, int]:
    return int(document.get("generation") or 0), int(document.get("sourceOffset") or 0)


def _row(session_key: str, counts: Counts, repeated: frozenset[str]) -> Row:
    place = counts.place or {}
    entries = counts.entries.values()
    own = [
        one for key, one in counts.entries.items() if key not in repeated and not one.is_side_file
    ]
    # Without a time of its own a session is dated by what it repeats, or by its files.
    times = [one.own_written_at for one in own if one.own_written_at]
    calls = {call: None for one in own for call in one.calls}
    failed = counts.errors & calls.keys()
    spoken = [one for one in own if one.role] or [one for one in entries if one.role]
    return {
        "_id": session_key,
        "projectId": counts.home.project_id,
        "projectKey": counts.home.key,
        "host": place.get("host"),
        "user": counts.home.person,
        "cwd": counts.home.cwd,
        "title": _title(counts, repeated),
        "firstPrompt": counts.first_prompt or None,
        "startedAt": min(times) if times else min(one.event_at for one in entries),
        "endedAt": max(times) if times else counts.last_event_at,
        "isDated": any(one.written_at for one in entries),
        "updatedAt": max(counts.updates),
        "entries": counts.documents,
        "prompts": sum(one.is_prompt for one in own),
        "userMessages": sum(one.role == "user" for one in own),
        "assistantMessages": sum(one.role == "assistant" for one in own),
        "toolCalls": len(calls),
        "toolErrors": len(failed),
        "subagents": len({one.agent for one in own if one.agent}),
        "models": _named(one.model for one in own if one.model != SYNTHETIC_MODEL),
        "branches": _named(one.branch for one in own if not one.is_sidechain),
        "tools": _named(counts.names.get(call) for call in calls),
        "failedTools": sorted(set(_named(counts.names.get(call) for call in failed))),
        "activeAt": sorted({_quarter(one.event_at) for one in spoken}),
        # What only repeats another session can be read too.
        "isSpoken": any(one.role for one in entries),
    }


def _quarter(at: datetime) -> datetime:
    """Return the quarter of an hour: a day of any time zone begins with one."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def _named(names: Iterable[str | None]) -> list[str]:
    """Return each name once, in order of appearance, as it reads on a screen."""
    return list(dict.fromkeys(plain(name) for name in dict.fromkeys(names) if name))
