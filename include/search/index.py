"""The index's one writer: each block goes in once, copies fold onto the block that came first."""

import logging
import string
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from types import TracebackType
from typing import Any, Self

import tantivy

from cca.errors import AlreadyRunning
from cca.mongo.archive import Document
from cca.search.blocks import Block, is_read_whole, searchable
from cca.search.erase import erasure_query
from cca.search.home import Home, Position
from cca.search.normalise import LEADS, analyser, is_unspaced, normalise
from cca.search.schema import PLACES, document_key, entry_key, line_key, open_index
from cca.search.vocabulary import Files
from cca.selection import Selection
from cca.transcript.entry import ODD_ENTRY, entry_of, read_in_place

log = logging.getLogger(__name__)

_HEAP_BYTES = 128_000_000
# A writer that began with an empty index knows all that is in by itself, up to this many blocks:
# 60 bytes each, where a question to the index costs several times a look at them.
_MOST_KNOWN = 400_000
_STALE = "vocab.stale"
_PLACES = tuple(zip(PLACES, ("projectId", "sessionKey", "host"), strict=True))
_ASCII_LEADS = string.digits + string.ascii_lowercase
_HEXADECIMAL = frozenset("0123456789abcdef")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_UTC = _EPOCH.replace(tzinfo=None)


class Writer:
    """Holds tantivy's writer for as long as it lives: merges run on that writer's threads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._index = open_index(home.tantivy)
        try:
            self._writer = self._index.writer(_HEAP_BYTES, 1)
        except ValueError as error:
            message = f"another process writes the search index {home.path}; stop it first"
            raise AlreadyRunning(message) from error
        self._files = Files(home.path)
        self._analyser = analyser()
        self._leads = self._files.known_leads()
        self._documents: set[int] = set()
        self._keys: set[int] = set()
        self._knows_all = True
        self._reload()
        self._knows_all = self._searcher.num_docs == 0
        if (home.path / _STALE).exists():
            self.settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What was added and not committed is dropped; the position has not passed it.
        self._writer.wait_merging_threads()

    @property
    def home(self) -> Home:
        return self._home

    @property
    def uncommitted_blocks(self) -> int:
        return self._uncommitted

    def holds(self, document_id: str) -> bool:
        """Whether blocks of that document are in; documents without text are never."""
        return self._is_in("doc", document_key(document_id), self._documents)

    def add(self, documents: Iterable[Document], *, live: bool = True) -> int:
        """Add the documents' blocks that are not in yet; returns how many there were.

        Live words are findable as parts from the next commit on, others only after `settle`.
        """
        if not live:
            (self._home.path / _STALE).touch()
        before = self._uncommitted
        for document in documents:
            try:
                entry = entry_of(document) if is_read_whole(document) else read_in_place(document)
                blocks = list(searchable(entry))
            except ODD_ENTRY as error:
                log.warning("entry %s is not searchable: %s", document["_id"], type(error).__name__)
                continue
            if blocks:
                self._add(document, entry, blocks, live=live)
        return self._uncommitted - before

    def commit(self, position: Position | None) -> None:
        """Make what was added visible, then remember the position.

        Words before the commit, or parts of words would miss lines; the position after it, or a
        crash would lose lines. A position older than the index only means some repeated work.
        """
        if new := LEADS - self._leads:
            self._leads |= new
            self._files.keep_leads(self._leads)
        if self._words:
            self._files.append(sorted(self._words))
        if self._uncommitted:
            self._writer.commit()
            self._reload()
        if position is not None:
            self._home.write_position(position)
        if self._files.needs_compaction():
            self.settle()

    def erase(self, selection: Selection) -> None:
        """Make blocks unfindable at once; their words stay on disk until the index is rebuilt.

        Their copies elsewhere, too, are findable again only then.
        """
        query = erasure_query(selection, self._index.schema)
        if query is not None:
            self._writer.delete_documents_by_query(query)
            self._writer.commit()
            self._reload()

    def settle(self) -> None:
        """Build the vocabulary again from the index as committed."""
        self._files.rewrite(self._words_by_start())
        (self._home.path / _STALE).unlink(missing_ok=True)
        log.info("vocabulary written")

    def _words_by_start(self) -> Iterator[Iterable[str]]:
        """Yield all words in groups: tantivy sorts each, and a word in it is several hundred bytes.

        Most words are hexadecimal ids, so those are told apart by their second character too.
        """
        within = (*_ASCII_LEADS, *(sign for sign in sorted(self._leads) if not is_unspaced(sign)))
        for lead in chain(_ASCII_LEADS, sorted(self._leads)):
            if lead not in _HEXADECIMAL:
                yield self._words_from(lead)
                continue
            if self._searcher.doc_freq("text", lead):
                yield (lead,)
            yield from (self._words_from(lead + second) for second in within)

    def _words_from(self, start: str) -> Iterable[str]:
        return map(itemgetter(0), self._searcher.terms_with_prefix("text", start))

    def _reload(self) -> None:
        self._index.reload()
        self._searcher = self._index.searcher()
        self._uncommitted = 0
        self._words: set[str] = set()
        self._knows_all = self._knows_all and len(self._keys) < _MOST_KNOWN
        if not self._knows_all:
            self._documents, self._keys = set(), set()

    def _add(
        self, document: Document, entry: dict[str, Any], blocks: list[Block], *, live: bool
    ) -> None:
        document_id = str(document["_id"])
        own = document_key(document_id)
        if self._is_in("doc", own, self._documents):
            return
        self._documents.add(own)
        self._uncommitted += len(blocks)
        places = [(field, str(document.get(name) or "")) for field, name in _PLACES]
        at = milliseconds(document.get("eventAt") or document.get("ingestedAt"))
        for order, block in enumerate(blocks):
            row = tantivy.Document()
            for field, value in places:
                row.add_text(field, value)
            row.add_integer("ts", at)
            row.add_bytes("ref", f"{document_id}:{order}".encode())
            if order == 0:
                row.add_unsigned("doc", own)
            self._add_text(row, block, _fold_key(document, entry, block), live=live)
            self._writer.add_document(row)

    def _add_text(self, row: tantivy.Document, block: Block, key: int, *, live: bool) -> None:
        """The block's text, unless it is a copy of one that is in."""
        if self._is_in("key", key, self._keys):
            row.add_unsigned("of", key)
            return
        self._keys.add(key)
        text = normalise(block.text)
        row.add_unsigned("key", key)
        row.add_text("kind", block.kind)
        row.add_text("text", text)
        if live:
            self._learn(text)

    def _learn(self, text: str) -> None:
        words = set(self._analyser.analyze(text)) - self._words
        self._words.update(word for word in words if not self._searcher.doc_freq("text", word))

    def _is_in(self, field: str, key: int, known: set[int]) -> bool:
        return key in known or (not self._knows_all and self._searcher.doc_freq(field, key) > 0)


def _fold_key(document: Document, entry: dict[str, Any], block: Block) -> int:
    # The text is part of it: one uuid with two texts is two hits, else one would be lost.
    uuid = entry.get("uuid")
    if isinstance(uuid, str) and uuid:
        return entry_key(uuid, block.number, block.text)
    return line_key(document.get("sessionKey"), block.kind, block.text)


def milliseconds(at: Any) -> int:
    """Milliseconds since 1970 of a time, UTC where it names no zone; 0 of anything else."""
    if not isinstance(at, datetime):
        return 0
    since = at - (_EPOCH if at.tzinfo else _EPOCH_UTC)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
