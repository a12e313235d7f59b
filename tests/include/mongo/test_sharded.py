"""What a sharded cluster asks of a program: a router refuses some writes that a mongod takes."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pymongo.collection import Collection
from pymongo.database import Database

from cca import erase
from cca.backup.save import save
from cca.demo.generate import generate
from cca.extract.run import extract
from cca.extract.window import Window
from cca.follow.agent import catch_up
from cca.mongo.archive import Document
from cca.selection import Selection
from cca.settings import Settings
from cca.sync_agent.agent import sync_once

# By the shard key, or by _id on every shard.
WRITES = {"insert", "remove"}
READS = {"query", "getmore"}
COMMANDS = {
    "aggregate",
    "count",
    "distinct",
    "createIndexes",
    "find",
    "getMore",
    "killCursors",
    "listIndexes",
}


@pytest.fixture
def profiled(collection: Collection[Document]) -> Iterator[Database[Document]]:
    """The database, whose server records each operation."""
    collection.database.command("profile", 2)
    yield collection.database
    collection.database.command("profile", 0)


def test_no_operation_on_the_entries_is_one_that_a_router_refuses(
    settings: Settings, collection: Collection[Document], profiled: Database[Document],
    tmp_path: Path,
) -> None:  # fmt: skip
    """No update and no findAndModify, as before 7.1 these must name the shard key."""
    sample = tmp_path / "sample"
    generate(sample, sessions=2, seed=3, until=date(2026, 11, 20))
    settings = settings.model_copy(update={"claude_dir": str(sample / "projects")})
    sync_once(settings, settings.mongo_uri)
    extract(settings, settings.mongo_uri, Window("full"))
    catch_up(settings, settings.mongo_uri)
    save(settings, settings.mongo_uri, tmp_path / "backup")
    assert collection.count_documents({"sessionKey": {"$not": {"$type": "string"}}}) == 0
    session = (collection.find_one() or {})["sessionKey"]
    erase.erase(settings, settings.mongo_uri, Selection(session=session))
    done = list(profiled["system.profile"].find({"ns": collection.full_name}))
    assert {"insert", "remove", "query"} <= {each["op"] for each in done}
    assert {each["op"] for each in done} <= WRITES | READS | {"command"}
    commands = [each["command"] for each in done if each["op"] == "command"]
    assert {next(iter(each)) for each in commands} <= COMMANDS
    keys = collection.index_information()
    assert not [name for name, index in keys.items() if index.get("unique")]
