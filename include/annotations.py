"""Stars, tags, notes and names of sessions and messages: beside the archive, never in it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from cca.masking import mask_secrets
from cca.mongo import changes
from cca.mongo.archive import Document

MAX_NOTE_CHARACTERS = 5_000
MAX_TAGS = 20
MAX_TAG_CHARACTERS = 40
MAX_TITLE_CHARACTERS = 200
# The fields that a change may change.
_OF_PEOPLE = ("starred", "tags", "note", "title", "by", "updatedAt")


@dataclass(frozen=True)
class Annotation:
    """What people noted on a session, or on one of its messages; `title` is a session's alone."""

    session: str
    entry: str = ""
    is_starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    by: str = ""
    at: datetime | None = None
    title: str = ""

    @property
    def id(self) -> str:
        return f"{self.session}/{self.entry}" if self.entry else self.session

    @property
    def is_marked(self) -> bool:
        """Tells whether there is more than another title."""
        return bool(self.is_starred or self.tags or self.note)

    @property
    def is_empty(self) -> bool:
        return not (self.is_marked or self.title)


@dataclass(frozen=True)
class SessionAnnotation:
    """A session in the list: its own star and tags, and how many messages are annotated."""

    is_starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    messages: int = 0
    title: str = ""


def annotations_of(annotations: Collection[Document], session_id: str) -> dict[str, Annotation]:
    """The annotations of a session by entry; its own is that of no entry."""
    found = annotations.find({"sessionKey": session_id})
    return {annotation.entry: annotation for annotation in map(_annotation, found)}


def masked(annotation: Annotation) -> Annotation:
    """The annotation without the secrets that somebody may have noted."""
    return replace(
        annotation,
        note=mask_secrets(annotation.note),
        title=mask_secrets(annotation.title),
        tags=tuple(map(mask_secrets, annotation.tags)),
        by=mask_secrets(annotation.by),
    )


def annotations_in_list(
    annotations: Collection[Document], ids: Iterable[str]
) -> dict[str, SessionAnnotation]:
    """The annotations of the sessions that have any."""
    rows: dict[str, SessionAnnotation] = {}
    for annotation in map(_annotation, annotations.find({"sessionKey": {"$in": list(ids)}})):
        row = rows.get(annotation.session, SessionAnnotation())
        if annotation.entry:
            rows[annotation.session] = replace(row, messages=row.messages + 1)
        else:
            rows[annotation.session] = replace(
                row, is_starred=annotation.is_starred, tags=annotation.tags,
                note=annotation.note, title=annotation.title,
            )  # fmt: skip
    return rows


def annotated_sessions(annotations: Collection[Document], tag: str = "") -> list[str]:
    """Sessions with a star, on themselves or on a message; or with a tag."""
    wanted: Document = {"tags": tag} if tag else {"starred": True}
    return [str(name) for name in annotations.distinct("sessionKey", wanted)]


def all_tags(annotations: Collection[Document]) -> list[str]:
    return sorted(str(tag) for tag in annotations.distinct("tags"))


def changed(annotation: Annotation, changes: Mapping[str, Any]) -> Annotation:
    """The annotation with what a page sent; what it did not send stays.

    `seen` holds the tags, note and title that the page showed when its person began to write. What
    others changed since stays too: their tags, and their note above the new one.
    """
    sent = changes.get("seen")
    seen: Mapping[str, Any] = sent if isinstance(sent, dict) else {}
    if "starred" in changes:
        annotation = replace(annotation, is_starred=changes["starred"] is True)
    if isinstance(changes.get("tags"), list):
        tags = _tags(changes["tags"])
        if isinstance(seen.get("tags"), list):
            tags = _merged_tags(annotation.tags, _tags(seen["tags"]), tags)
        annotation = replace(annotation, tags=tags)
    if isinstance(changes.get("note"), str):
        note = _merged_note(annotation.note, seen.get("note"), changes["note"].strip())
        annotation = replace(annotation, note=note[:MAX_NOTE_CHARACTERS])
    if isinstance(changes.get("title"), str) and not annotation.entry:
        title = " ".join(changes["title"].split())
        if title != seen.get("title"):
            annotation = replace(annotation, title=title[:MAX_TITLE_CHARACTERS])
    return annotation


def _merged_tags(
    stored: tuple[str, ...], seen: tuple[str, ...], wanted: tuple[str, ...]
) -> tuple[str, ...]:
    """The stored tags without those that the person removed, with those that they added."""
    kept = [tag for tag in stored if tag in wanted or tag not in seen]
    return _tags([*kept, *(tag for tag in wanted if tag not in seen)])


def _merged_note(stored: str, seen: object, wanted: str) -> str:
    """What the person wrote; below it stands what somebody else wrote meanwhile."""
    if not isinstance(seen, str) or seen.strip() == stored:
        return wanted
    if wanted in (seen.strip(), stored):
        return stored
    return "\n\n".join(filter(None, (wanted, stored)))


def renamed(annotations: Collection[Document], words: Iterable[str]) -> list[str]:
    """Sessions whose new name holds all of these words, in either case."""
    holds = [{"title": {"$regex": re.escape(word), "$options": "i"}} for word in words]
    return [str(name) for name in annotations.distinct("sessionKey", {"$and": holds})]


def amend(
    annotations: Collection[Document],
    place: Annotation,
    change: Callable[[Annotation], Annotation],
    origin: Mapping[str, Any],
) -> Annotation:
    """Changes the annotation of a place and returns it; an empty one is deleted.

    Two browsers may write at the same time: a change is made to what is stored, and made once more
    where that changed in between. Open pages are told. `origin` is any document of the session.
    """
    while True:
        stored = annotations.find_one({"_id": place.id})
        annotation = change(_annotation(stored) if stored else place)
        if _is_put(annotations, stored, annotation, origin):
            changes.note(annotations.database, [place.session])
            return annotation


def _is_put(
    annotations: Collection[Document],
    stored: Document | None,
    annotation: Annotation,
    origin: Mapping[str, Any],
) -> bool:
    """Puts an annotation in the place of the stored one; False where that is another by now."""
    document = {
        "sessionKey": annotation.session,
        "entryId": annotation.entry,
        # Whoever forgets a project or a machine finds its annotations by these.
        "projectId": origin.get("projectId"),
        "host": origin.get("host"),
        "starred": annotation.is_starred,
        "tags": list(annotation.tags),
        "note": annotation.note,
        "title": annotation.title,
        "by": annotation.by,
        "updatedAt": annotation.at,
    }
    if stored is None:
        if annotation.is_empty:
            return True
        try:
            annotations.insert_one({"_id": annotation.id, **document})
        except DuplicateKeyError:
            return False
        return True
    same = {"_id": annotation.id} | {name: stored.get(name) for name in _OF_PEOPLE}
    if annotation.is_empty:
        return annotations.delete_one(same).deleted_count == 1
    return annotations.replace_one(same, document).matched_count == 1


def _annotation(document: Document) -> Annotation:
    return Annotation(
        session=str(document["sessionKey"]),
        entry=str(document.get("entryId") or ""),
        is_starred=bool(document.get("starred")),
        tags=tuple(map(str, document.get("tags") or [])),
        note=str(document.get("note") or ""),
        title=str(document.get("title") or ""),
        by=str(document.get("by") or ""),
        at=document.get("updatedAt"),
    )


def _tags(given: list[Any]) -> tuple[str, ...]:
    """Lower case without repeats, in the order given."""
    cleaned = (" ".join(str(tag).lower().split())[:MAX_TAG_CHARACTERS] for tag in given)
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))[:MAX_TAGS]
