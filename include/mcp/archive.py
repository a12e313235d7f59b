"""The archive as the tools see it: opened at the first use, limited to a project where asked."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property

import duckdb
from pymongo.collection import Collection
from pymongo.database import Database

from cca.errors import AlreadyRunning, NotFound, ServiceDown
from cca.follow.agent import catch_up
from cca.gold import state
from cca.gold.open import open_gold
from cca.mcp.asking import Asking
from cca.mcp.reply import link, moment
from cca.mongo import archive
from cca.mongo.archive import SESSIONS, Document
from cca.mongo.server import serving_mongo
from cca.search.home import current, is_there
from cca.search.searcher import Searcher
from cca.settings import Settings
from cca.transcript.slugs import project_key
from cca.usage.projects import known_project

# Without a running follower the index is brought up to date this often at most.
_FRESHEN_SECONDS = 30.0
_PATIENCE_SECONDS = 5.0
HERE, ALL = "here", "all"


@dataclass
class Archive:
    """Reads the search index, MongoDB and gold; safe to share between threads.

    `lock` is the project that every answer is limited to; empty: none. `folder` is where the
    client works. A MongoDB that does not run is started at the first use and stopped by `close`.
    """

    settings: Settings
    lock: str = ""
    folder: str = field(default_factory=os.getcwd)
    asking: Asking = field(default_factory=Asking)

    def __post_init__(self) -> None:
        self._opened = ExitStack()
        self._opening = threading.RLock()
        self._fresh_at = -_FRESHEN_SECONDS
        self._builder: threading.Thread | None = None
        if self.lock:
            self.lock = self._named(self.lock)

    def close(self) -> None:
        """Stop what was started for the tools."""
        self._opened.close()

    @cached_property
    def uri(self) -> str:
        """The connection string of MongoDB, started for us where none runs."""
        with self._opening:
            return self._opened.enter_context(serving_mongo(self.settings))

    @cached_property
    def database(self) -> Database[Document]:
        """The archive's database."""
        return self.entries.database

    @cached_property
    def entries(self) -> Collection[Document]:
        """The archive: one document an entry."""
        client = archive.connect(self.uri)
        archive.require(client, self.uri)
        return archive.conversations(client, self.settings)

    def searcher(self) -> Searcher:
        """Return the searcher, its index up to date with the archive.

        Raises:
            ServiceDown: The index is being built for the first time, which may take minutes.
            NotFound: The archive is empty.

        """
        with self._opening:
            if not is_there(self.settings.search_dir):
                self._build()
            if time.monotonic() - self._fresh_at >= _FRESHEN_SECONDS:
                self._freshen()
                self._fresh_at = time.monotonic()
            return self._searcher

    def _build(self) -> None:
        """Build the first index beside the answers; a small one is waited for."""
        # MongoDB is started here, not beside: who ends the server must know of it.
        archive.require(archive.connect(self.uri), self.uri)
        if self._builder is None or not self._builder.is_alive():
            self._builder = threading.Thread(target=self._freshen, daemon=True)
            self._builder.start()
        self._builder.join(_PATIENCE_SECONDS)
        if self._builder.is_alive():
            raise ServiceDown("the search index is being built; ask again in a minute")
        if not is_there(self.settings.search_dir):
            raise NotFound("the archive holds no conversation yet; run `cca sync --once`")

    def _freshen(self) -> None:
        # A running follower keeps the index itself.
        with suppress(AlreadyRunning):
            catch_up(self.settings, self.uri)

    @cached_property
    def _searcher(self) -> Searcher:
        return Searcher(self.settings, self.uri)

    @contextmanager
    def gold(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Hold the published gold file open, its tables by their bare names."""
        with open_gold(self.settings.gold_path) as connection:
            connection.execute("set search_path = 'marts'")
            yield connection

    def project(self, wanted: str) -> str:
        """Return the key of the project that an answer is about; "" is all of them.

        Raises:
            NotFound: There is no such project, or the server is limited to another one.

        """
        if wanted in {"", ALL}:
            return self.lock
        key = self._named(wanted)
        if self.lock and key != self.lock:
            raise NotFound(f"this server answers for the project {self.lock} only (--project)")
        return key

    def sessions_of(self, key: str) -> list[str] | None:
        """Return the ids of a project's sessions; None for all projects."""
        if not key:
            return None
        found = self.database[SESSIONS].find({"projectKey": key}, {"_id": 1})
        return [str(each["_id"]) for each in found]

    def require_session(self, session: str) -> Document:
        """Return the list's row of a session.

        Raises:
            NotFound: The archive, or the project the server is limited to, has no such session.

        """
        found = self.database[SESSIONS].find_one({"_id": session})
        if found is None or (self.lock and found.get("projectKey") != self.lock):
            raise NotFound(f"no session {session[:80]!r} in the archive; `sessions` lists them")
        return found

    def link(self, session: str, entry: str = "", agent: str = "") -> str:
        """Return the browser's address of a session or an entry."""
        return link(self.settings.browser_address, session, entry, agent)

    def fresh(self, *, of_search: bool = False) -> dict[str, str | None]:
        """Return up to which arrival the numbers, or the search index, hold everything."""
        if of_search:
            found = current(self.settings.search_dir)
            position = found.position() if found else None
            return {"indexed_to": moment(position.ingested_at if position else None)}
        return {"numbers_to": moment(state.read(self.settings).high_water_mark)}

    def _named(self, wanted: str) -> str:
        if wanted == HERE:
            return project_key(self.folder)
        return known_project(self.settings.gold_path, wanted)
