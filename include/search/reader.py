"""The index as a reader sees it: fresh at each search, opened again when it was replaced."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import tantivy

from cca.search import home as homes
from cca.search.query import QueryMaker
from cca.search.schema import open_index
from cca.search.vocabulary import Vocabulary


@dataclass(frozen=True)
class View:
    """One state of the index; what is found in it can be read from it."""

    searcher: tantivy.Searcher
    schema: tantivy.Schema
    maker: QueryMaker


class Reader:
    """Safe to share between threads."""

    def __init__(self, search_dir: Path) -> None:
        self._search_dir = search_dir
        self._lock = threading.Lock()
        self._home: homes.Home | None = None
        self._seen: tuple[int, int] = (0, 0)

    def view(self) -> View | None:
        """The newest state; None while there is no index that this version can read."""
        with self._lock:
            home = homes.current(self._search_dir)
            if home is None:
                return None
            # While an index is replaced, its files go: the second look finds the next one.
            with suppress(ValueError, OSError):
                return self._fresh(home)
            home = homes.current(self._search_dir)
            return None if home is None else self._fresh(home)

    def _fresh(self, home: homes.Home) -> View:
        # Before the index is looked at: a change in between is seen as one next time.
        meta = (home.tantivy / "meta.json").stat()
        seen = (meta.st_ino, meta.st_mtime_ns)
        if home != self._home:
            self._index = open_index(home.tantivy)
            self._vocabulary = Vocabulary(home.path)
            self._index.reload()
        elif seen != self._seen:
            self._index.reload()
        self._home, self._seen = home, seen
        schema = self._index.schema
        return View(self._index.searcher(), schema, QueryMaker(schema, self._vocabulary))
