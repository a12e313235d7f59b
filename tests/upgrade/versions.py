"""Any version of cca over any home, driven only by commands and files that are contracts."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import bson
import duckdb
from pymongo import MongoClient

Row = dict[str, Any]
# The columns of a table, and its rows in one order.
Table = tuple[list[str], list[str]]

# Words of the demo's conversations that some, but not all, entries hold.
WORDS = ("layer", "queue", "review", "pytest")
KINDS_OF_USAGE = ("daily", "model", "project", "session", "tools")


@dataclass(frozen=True)
class Cca:
    """One version's `cca`, with one CCA_HOME and its other settings in `environment`."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path

    def run(self, *arguments: str) -> str:
        """Returns what the command prints; a failure shows what it printed as its error."""
        done = subprocess.run(
            [*self.command, *arguments], env=dict(self.environment), cwd=self.folder,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"cca {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Row:
        """Returns the one JSON object that the command prints with `--json`."""
        printed: Row = json.loads(self.run(*arguments, "--json"))
        return printed

    @contextmanager
    def mongo(self) -> Iterator[str]:
        """Runs the home's embedded MongoDB, so that no command starts one of its own."""
        server = subprocess.Popen(
            [*self.command, "mongo"], env=dict(self.environment), cwd=self.folder
        )
        try:
            yield self._uri(server)
        finally:
            server.terminate()
            server.wait(60)

    def _uri(self, server: subprocess.Popen[bytes]) -> str:
        """Asks until the server answers; each question takes about half a second."""
        while server.poll() is None:
            asked = subprocess.run(
                [*self.command, "mongo", "--uri"], env=dict(self.environment), cwd=self.folder,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if asked.returncode == 0:
                return asked.stdout.strip()
        raise AssertionError(f"`cca mongo` ended with {server.returncode}")


@dataclass(frozen=True)
class Said:
    """Everything that a version says about a home."""

    usage: Mapping[str, Row]
    found: Mapping[str, set[str]]
    lists: Mapping[str, Row]
    marks: list[Row]
    letters: list[Row]
    archive: Mapping[str, str]


def ask(cca: Cca, uri: str) -> Said:
    """Asks every command that shows numbers or text; `cca search` follows the archive first."""
    database = cca.environment["MONGO_DB"]
    found = {word: _found(cca, word) for word in WORDS}
    return Said(
        usage={kind: cca.json("usage", kind) for kind in KINDS_OF_USAGE},
        found=found,
        lists={row["_id"]: row for row in stored(uri, database, "sessions")},
        marks=stored(uri, database, "annotations"),
        letters=cca.json("dead-letters", "list")["rows"],
        archive={
            str(row["_id"]): sha256(bson.encode(row)).hexdigest()
            for row in stored(uri, database, "conversations")
        },
    )


def _found(cca: Cca, word: str) -> set[str]:
    """Returns the entries and kinds of block in which the search finds the word."""
    rows = cca.json("search", word, "--limit", "5000")["rows"]
    return {f"{row['session_id']} {row['entry_id']} {row['kind']}" for row in rows}


def stored(uri: str, database: str, collection: str) -> list[Row]:
    """Returns the documents of a collection in the order of their ids."""
    with MongoClient[Row](uri, tz_aware=True) as client:
        return list(client[database][collection].find().sort("_id"))


def tables(gold: Path) -> dict[str, Table]:
    """Returns every table of a gold file but the log of its builds, which is each home's own."""
    with duckdb.connect(str(gold), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
            " and table_name <> 'fct_build_results'"
        ).fetchall()
        return {name: _table(connection, name) for (name,) in names}


def _table(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    cursor = connection.execute(f'select * from marts."{name}"')
    columns = [column[0] for column in cursor.description or []]
    return columns, sorted(repr([_rounded(value) for value in row]) for row in cursor.fetchall())


def _rounded(value: Any) -> Any:
    """The last digits of a mean depend on the order in which DuckDB adds."""
    return round(value, 6) if isinstance(value, float) else value
