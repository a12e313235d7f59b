"""Entries for programs: one JSON object, the lines as written, or a CSV row for each part."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from cca.annotations import Annotation
from cca.conversation.parts import Part
from cca.conversation.stored import StoredEntry
from cca.conversation.turns import Turn, turn_of
from cca.export.masking import MaskedPlaces
from cca.export.sessions import Session
from cca.export.wording import asked, at_of
from cca.masking import MASK

COLUMNS = (
    "session_id", "project_id", "host", "agent_id", "at", "speaker", "kind", "name", "model",
    "is_failed", "text", "masked_places",
)  # fmt: skip
# What a person typed is text, as Claude's words are; what folds away is a note.
_KINDS = {"prompt": "text", "command": "text", "fold": "note"}
# A spreadsheet would run a cell that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A project's folder begins with a sign as well, and stays what other tables call it.
_SLUG = re.compile(r"-[\w-]*")


def json_lines(
    conversations: Iterable[tuple[Session, Iterator[StoredEntry]]], _: MaskedPlaces
) -> Iterator[str]:
    """The entries as they were written, one a line; one with masked values says how many."""
    for _session, entries in conversations:
        for entry in entries:
            yield _json(_entry(entry)) + "\n"


def json_object(
    conversations: Iterable[tuple[Session, Iterator[StoredEntry]]], places: MaskedPlaces
) -> Iterator[str]:
    """`{"sessions": [{…, "entries": […]}], "masked_places": …}`."""
    yield '{"sessions": ['
    for number, (session, entries) in enumerate(conversations):
        facts = {
            "session_id": session.id,
            "project_id": session.project_id,
            "host": session.host,
            "title": session.title,
            "started_at": session.started_at.isoformat() if session.started_at else None,
            "ended_at": session.ended_at.isoformat() if session.ended_at else None,
            "marks": [_annotation(annotation) for annotation in session.annotations],
        }
        yield (",\n" if number else "\n") + _json(facts)[:-1] + ',"entries":['
        for place, entry in enumerate(entries):
            yield (",\n" if place else "\n") + _json(_entry(entry))
        yield "]}"
    yield f'\n],"masked_places":{places.count}}}\n'


def _entry(entry: StoredEntry) -> dict[str, Any]:
    told = {"masked_places": entry.masked_places} if entry.masked_places else {}
    return entry.body | told


def _annotation(annotation: Annotation) -> dict[str, Any]:
    """A star, tags and a note; `uuid` of the entry they are on, none on the session itself."""
    at = annotation.at.isoformat() if annotation.at else None
    return {
        "uuid": annotation.entry or None, "starred": annotation.is_starred, "tags": annotation.tags,
        "note": annotation.note, "by": annotation.by or None, "at": at,
    }  # fmt: skip


def csv_rows(
    conversations: Iterable[tuple[Session, Iterator[StoredEntry]]], _: MaskedPlaces
) -> Iterator[str]:
    """One row for each text, thought, tool call and result."""
    yield csv_line(COLUMNS)
    for session, entries in conversations:
        place = (session.id, session.project_id, session.host)
        for entry in entries:
            turn = turn_of(entry)
            for part in turn.lines if turn else ():
                told = _cells(turn, part) if turn else ()
                yield csv_line((*place, entry.agent, *told))


def _cells(turn: Turn, part: Part) -> tuple[Any, ...]:
    """at, speaker, kind, name, model, is_failed, text and masked places of a part."""
    name, text, kind = part.label, part.plain, _KINDS.get(part.kind, part.kind)
    if part.kind == "call":
        call = asked(part)
        name, text = f"{call.name} {call.argument}".strip(), call.text
    elif part.kind == "command":
        name, text = "", f"{part.label} {part.text}".strip()
    elif part.kind == "image":
        name, text = part.media, ""
    # Somebody may have typed such dots.
    places = min(f"{name} {text}".count(MASK), turn.entry.masked_places)
    return at_of(turn), turn.name, kind, name, turn.model, part.is_failed, text, places


def csv_line(values: Iterable[Any]) -> str:
    """A row that a spreadsheet shows as text."""
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerow(map(_cell, values))
    return out.getvalue()


def _cell(value: Any) -> Any:
    is_formula = (
        isinstance(value, str) and value.startswith(_FORMULA) and not _SLUG.fullmatch(value)
    )
    return f"'{value}" if is_formula else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))
