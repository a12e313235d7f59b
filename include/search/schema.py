"""The index's fields and the keys by which blocks are told apart."""

from hashlib import blake2b
from pathlib import Path
from typing import Any

import tantivy

from cca.search.normalise import analyser

TOKENIZER = "cca"
_DIGEST_DIGITS = 32
_KEY_BITS = (1 << 63) - 1
# Fields of a block's place; a copy carries them too.
PLACES = ("project", "session", "host")


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", tokenizer_name=TOKENIZER)
    for name in (*PLACES, "kind"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    # Signed: an unsigned field raises on times before 1970. Ranges and orders read its column.
    builder.add_integer_field("ts", fast=True)
    builder.add_unsigned_field("key", indexed=True, fast=True)  # originals only
    builder.add_unsigned_field("of", indexed=True, fast=True)  # copies only: the original's key
    builder.add_unsigned_field("doc", indexed=True)  # a document's first block only
    builder.add_bytes_field("ref", stored=True)
    return builder.build()


def count_of(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    """How many blocks a query finds."""
    found = searcher.search(query, limit=1)
    return int(found.count)  # type: ignore[attr-defined]  # the stub leaves it out


def open_index(path: Path) -> tantivy.Index:
    """The index in that directory, made if it is empty; it changes only on `reload`."""
    index = tantivy.Index(schema(), path=str(path))
    index.register_tokenizer(TOKENIZER, analyser())
    index.config_reader("manual")
    return index


def key_of(*parts: Any) -> int:
    """63 bits that stand for the parts."""
    return _hashed("\x00".join(map(str, parts)))


def _hashed(joined: str) -> int:
    written = joined.encode(errors="replace")
    return int.from_bytes(blake2b(written, digest_size=8).digest()) & _KEY_BITS


def entry_key(uuid: str, number: int, text: str) -> int:
    """Key of a block of an entry that forked and resumed sessions may hold too: it is odd."""
    # In one piece, as this is asked for every block.
    return _hashed(f"entry\x00{uuid}\x00{number}\x00{text}") | 1


def line_key(*parts: Any) -> int:
    """Key of a block that folds only onto its like in the same session: it is even."""
    return key_of("line", *parts) & ~1


def copies_of(searcher: tantivy.Searcher, key: int) -> int:
    """How often other sessions hold the block with that key."""
    return searcher.doc_freq("of", key) if key & 1 else 0


def document_key(document_id: str) -> int:
    """Key of a document of the archive: it goes in once, with all of its blocks."""
    if len(document_id) == _DIGEST_DIGITS:
        try:
            # It is a digest already.
            return int(document_id, 16) & _KEY_BITS
        except ValueError:
            pass
    return key_of("document", document_id)
