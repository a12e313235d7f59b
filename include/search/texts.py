"""The texts of hits: the index holds none, MongoDB has them all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from cca.errors import ServiceDown
from cca.mongo import archive
from cca.projects import places_of
from cca.search.blocks import searchable
from cca.search.snippet import Finder, snippet_of
from cca.settings import Settings
from cca.transcript.entry import entry_of
from cca.transcript.projects import is_directory

# What people and Claude write; what tools take and give is shown as it is.
_MARKDOWN = frozenset({"prompt", "answer", "thinking"})


@dataclass(frozen=True)
class Row:
    """One hit; `marks` are (start, end) in the snippet, `copies` how often it stands elsewhere."""

    session_id: str
    project_id: str
    entry_id: str
    kind: str
    at: datetime | None
    snippet: str
    marks: list[tuple[int, int]]
    copies: int
    host: str
    document_id: str


@dataclass(frozen=True)
class Hit:
    """A block as the index knows it: its document and its place among the blocks of that."""

    document_id: str
    order: int
    copies: int


@dataclass(frozen=True)
class Text:
    """A hit and all that it says."""

    hit: Hit
    document: archive.Document
    kind: str
    text: str

    def row(self, finder: Finder) -> Row:
        snippet = snippet_of(self.text, finder, is_markdown=self.kind in _MARKDOWN)
        return Row(
            session_id=str(self.document.get("sessionKey") or ""),
            project_id=str(self.document.get("projectId") or ""),
            entry_id=str(self.document.get("uuid") or self.document["_id"]),
            kind=self.kind,
            at=self.document.get("eventAt"),
            snippet=snippet.text,
            marks=snippet.marks,
            copies=self.hit.copies,
            host=str(self.document.get("host") or ""),
            document_id=self.hit.document_id,
        )


class Texts:
    """Connects at the first look; safe to share between threads."""

    def __init__(self, settings: Settings, uri: str = "") -> None:
        self._settings = settings
        self._uri = uri or settings.mongo_uri
        self._collection: Collection[archive.Document] | None = None

    def of(self, hits: Sequence[Hit]) -> Iterator[Text]:
        documents = self._documents([hit.document_id for hit in hits])
        blocks = {key: list(searchable(entry_of(found))) for key, found in documents.items()}
        for hit in hits:
            # gone from the archive since the index was made, or not what it was
            if hit.order < len(blocks.get(hit.document_id, ())):
                block = blocks[hit.document_id][hit.order]
                yield Text(hit, documents[hit.document_id], block.kind, block.text)

    def sessions_of(self, hits: Sequence[Hit]) -> list[str]:
        """The session of each hit; "" of one that is gone from the archive."""
        ids = list({hit.document_id for hit in hits})
        collection = self._connected()
        try:
            rows = collection.find({"_id": {"$in": ids}}, {"sessionKey": 1})
            found = {str(row["_id"]): str(row.get("sessionKey") or "") for row in rows}
        except PyMongoError as error:
            archive.require(collection.database.client, self._uri)
            raise ServiceDown(f"MongoDB could not read the hits: {error}") from error
        return [found.get(hit.document_id, "") for hit in hits]

    def places(self, project: str) -> tuple[list[str], list[str]]:
        """The folders of a project, or its sessions where others share a folder."""
        if not is_directory(project):
            return [project], []
        collection = self._connected()
        try:
            return places_of(collection.database[archive.SESSIONS], project)
        except PyMongoError as error:
            archive.require(collection.database.client, self._uri)
            raise ServiceDown(f"MongoDB could not read the projects: {error}") from error

    def _documents(self, ids: Sequence[str]) -> dict[str, archive.Document]:
        collection = self._connected()
        try:
            found = collection.find({"_id": {"$in": list(set(ids))}}, {"toolUseResult": 0})
            return {str(document["_id"]): archive.whole(collection, document) for document in found}
        except PyMongoError as error:
            archive.require(collection.database.client, self._uri)
            raise ServiceDown(f"MongoDB could not read the hits: {error}") from error

    def _connected(self) -> Collection[archive.Document]:
        if self._collection is None:
            uri = self._uri or _running(self._settings)
            self._collection = archive.conversations(archive.connect(uri), self._settings)
            self._uri = uri
        return self._collection


def _running(settings: Settings) -> str:
    from cca.mongo.server import running_uri  # noqa: PLC0415  (only where no URI is set)

    uri = running_uri(settings)
    if uri is None:
        raise ServiceDown(
            "MongoDB does not run; set MONGO_URI, or start it with `cca up --only mongo`"
        )
    return uri
