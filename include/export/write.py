"""Conversations as Markdown, HTML, JSON, JSONL or CSV, written piece by piece.

Only one entry is held at a time, so a session of any length can leave. Secrets are masked in the
entry itself, before any format sees it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pymongo.collection import Collection

from cca.annotations import Annotation, masked
from cca.conversation.reader import read_entries
from cca.conversation.stored import StoredEntry
from cca.conversation.subagents import subagents
from cca.errors import SettingError
from cca.export import html, lines, markdown
from cca.export.masking import MaskedPlaces
from cca.export.sessions import Session, annotations
from cca.masking import mask_secrets
from cca.mongo.archive import Document

Conversation = tuple[Session, Iterator[StoredEntry]]
Writer = Callable[[Iterable[Conversation], MaskedPlaces], Iterator[str]]


@dataclass(frozen=True)
class Format:
    """`is_read_once`: as a person reads it, not as it lies in the archive."""

    write: Writer
    kind: str
    suffix: str
    is_read_once: bool = False


FORMATS = {
    "md": Format(markdown.write, "text/markdown", ".md", is_read_once=True),
    "html": Format(html.write, "text/html", ".html", is_read_once=True),
    "json": Format(lines.json_object, "application/json", ".json"),
    "jsonl": Format(lines.json_lines, "application/x-ndjson", ".jsonl"),
    "csv": Format(lines.csv_rows, "text/csv", ".csv", is_read_once=True),
}


def export(
    collection: Collection[Document],
    sessions: Iterable[Session],
    form: str,
    *,
    places: MaskedPlaces | None = None,
    tell: Callable[[], None] = lambda: None,
) -> Iterator[str]:
    """The sessions in one format; `tell` is called after each entry, `places` counts the masked."""
    masking = places or MaskedPlaces()
    if form not in FORMATS:
        raise SettingError(f"{form!r} is no format; there are {', '.join(FORMATS)}")
    chosen = FORMATS[form]

    def conversation(session: Session) -> Conversation:
        found = read_entries(collection, session.id, is_read_once=chosen.is_read_once)
        annotated = replace(session, annotations=annotations(collection, session.id))
        if chosen.is_read_once:
            annotated = replace(annotated, agents=tuple(subagents(collection, session.id)))
        shown = annotated if masking.is_revealed else _masked(annotated)
        noted = _noted(
            found,
            {annotation.entry: annotation for annotation in shown.annotations if annotation.entry},
        )
        return shown, _watched(noted, masking, tell)

    return chosen.write(map(conversation, sessions), masking)


def _noted(
    found: Iterator[StoredEntry], annotations: dict[str, Annotation]
) -> Iterator[StoredEntry]:
    """Each annotation on its message; where a session holds copies of it, on the first."""
    for entry in found:
        names = {str(entry.body.get("uuid") or ""), entry.id} & annotations.keys()
        yield replace(entry, annotation=annotations.pop(names.pop())) if names else entry


def _watched(
    found: Iterator[StoredEntry], masking: MaskedPlaces, tell: Callable[[], None]
) -> Iterator[StoredEntry]:
    for entry in found:
        yield masking.masked(entry)
        tell()


def _masked(session: Session) -> Session:
    annotations = tuple(map(masked, session.annotations))
    agents = tuple(replace(each, description=mask_secrets(each.title)) for each in session.agents)
    return replace(
        session, title=mask_secrets(session.title), annotations=annotations, agents=agents
    )
