"""A backup brings everything back, is never half, and never brings back what was forgotten."""

import gzip
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import bson
import pytest
from bson.datetime_ms import DatetimeMS
from pymongo.collection import Collection

from cca.backup import contents, save
from cca.backup.bring_back import Restored, restore
from cca.demo.generate import generate
from cca.erase import erase
from cca.errors import BackupError, ServiceDown, SettingError
from cca.extract.fetch import server_time
from cca.extract.run import extract
from cca.extract.window import Window
from cca.gold.open import reading_gold
from cca.load.raw import load
from cca.load.warehouse import writing
from cca.mongo import archive
from cca.pipeline import Options, run
from cca.records import DATASETS
from cca.selection import Selection
from cca.settings import Settings
from cca.sync_agent.agent import sync_once
from cca.sync_agent.buffer import Buffer

UNTIL = date(2026, 11, 1)


def insert(collection: Collection[dict[str, Any]], *names: str, project: str = "-p") -> None:
    now = server_time(collection)
    documents = [
        {
            "_id": f"{name:x>32}", "stream": "s", "generation": 0, "sourceOffset": number,
            "projectId": project, "sessionKey": "s", "sourceFile": "p/s.jsonl", "host": "h",
            "eventAt": now, "ingestedAt": now, "type": "user", "text": f"word-{name}",
        }
        for number, name in enumerate(names)
    ]  # fmt: skip
    collection.insert_many(documents)


@pytest.fixture
def other(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Another home with another, empty database."""
    name = f"test_{uuid.uuid4().hex}"
    yield settings.model_copy(update={"cca_home": tmp_path / "other", "mongo_db": name})
    with archive.connect(settings.mongo_uri) as client:
        client.drop_database(name)


def everything(settings: Settings) -> dict[str, list[bytes]]:
    """Every document, byte for byte."""
    with archive.connect(settings.mongo_uri) as client:
        database = archive.database(client, settings)
        names = set(database.list_collection_names()) - save.DERIVED
        return {
            name: sorted(bytes(one.raw) for one in database[name].with_options(save._RAW).find())
            for name in names
            if database[name].find_one()
        }


def words_in(folder: Path) -> str:
    parts = folder.glob("mongodb/*.gz")
    return " ".join(repr(gzip.decompress(path.read_bytes())) for path in parts)


def test_a_document_that_python_cannot_read_ends_no_backup(
    settings: Settings, collection: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    insert(collection, "a", "b")
    collection.update_one({"text": "word-b"}, {"$set": {"eventAt": DatetimeMS(10**17)}})
    saved = save.save(settings, settings.mongo_uri, tmp_path / "backup")
    assert (saved.documents, saved.held) == (2, 2)
    again = save.save(settings, settings.mongo_uri, tmp_path / "backup")
    assert (again.is_incremental, again.documents, again.held) == (True, 0, 2)


@pytest.mark.long
@pytest.mark.timeout(400)
def test_drill_a_new_home_has_equal_gold_after_restore_and_pipeline(
    settings: Settings, other: Settings, tmp_path: Path
) -> None:
    generate(tmp_path / "sample", 3, 7, UNTIL)
    settings = settings.model_copy(update={"claude_dir": str(tmp_path / "sample" / "projects")})
    sync_once(settings, settings.mongo_uri)
    run(settings, settings.mongo_uri, Options(Window("incremental")))
    folder = tmp_path / "backup"
    saved = save.save(settings, settings.mongo_uri, folder)
    restored = restore(other, other.mongo_uri, folder)
    assert restored == Restored(saved.held, saved.held, is_buffer_restored=True)
    run(other, other.mongo_uri, Options(Window("incremental")))
    assert marts(other) == marts(settings)


def test_after_a_restore_the_warehouse_is_loaded_from_equal_rows(
    settings: Settings, other: Settings, tmp_path: Path
) -> None:
    generate(tmp_path / "sample", 2, 7, UNTIL)
    settings = settings.model_copy(update={"claude_dir": str(tmp_path / "sample" / "projects")})
    sync_once(settings, settings.mongo_uri)
    save.save(settings, settings.mongo_uri, tmp_path / "backup")
    assert restore(other, other.mongo_uri, tmp_path / "backup").is_buffer_restored
    assert everything(other) == everything(settings)
    for one in (settings, other):
        extract(one, one.mongo_uri, Window("incremental"))
        load(one)
    assert raw(other) == raw(settings)
    # The buffer knows what was read: nothing is stored twice.
    again = other.model_copy(update={"claude_dir": settings.claude_dir})
    assert sync_once(again, again.mongo_uri).records == 0


def raw(settings: Settings) -> list[list[Any]]:
    with writing(settings) as warehouse:
        columns = "* exclude (lake_file, load_seq)"
        return [
            warehouse.execute(f"select {columns} from raw.{name} order by all").fetchall()
            for name in DATASETS
        ]


def marts(settings: Settings) -> dict[str, list[Any]]:
    with reading_gold(settings) as gold:
        tables = gold.execute("select table_name from information_schema.tables").fetchall()
        return {
            name: gold.execute(f'select * from marts."{name}" order by all').fetchall()
            for (name,) in tables
        }


def test_a_second_backup_adds_what_is_new_and_standard_tools_read_it(
    settings: Settings, other: Settings, collection: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    insert(collection, "a", "b")
    collection.database["stars"].insert_one({"_id": "s1", "note": "mine"})
    first = save.save(settings, settings.mongo_uri, folder)
    assert (first.documents, first.is_incremental) == (2, False)
    # Long ago, as far as the first backup is concerned.
    made = contents.read(folder)
    assert made is not None
    ancient = {"$set": {"ingestedAt": made.through - 2 * save.LATE_COMMITS}}
    collection.update_many({}, ancient)
    contents.write(folder, replace(made, repeatable=0))
    insert(collection, "c")
    second = save.save(settings, settings.mongo_uri, folder)
    assert (second.documents, second.is_incremental) == (1, True)
    parts = sorted(folder.glob("mongodb/conversations.*.bson.gz"))
    # What `gunzip | bsondump` sees.
    found = [bson.decode_all(gzip.decompress(path.read_bytes())) for path in parts]
    assert [[one["text"] for one in part] for part in found] == [["word-a", "word-b"], ["word-c"]]
    assert restore(other, other.mongo_uri, folder).stored == 4
    assert everything(other).keys() == {"conversations", "stars"}
    assert len(everything(other)["conversations"]) == 3
    modes = {oct(path.stat().st_mode)[-3:] for path in parts}
    assert (oct(folder.stat().st_mode)[-3:], modes) == ("700", {"600"})


def test_a_backup_holds_no_secrets_and_lists_the_settings(
    settings: Settings, tmp_path: Path
) -> None:
    secret = settings.model_copy(
        update={"mongo_uri": settings.mongo_uri, "timezone": "Europe/Berlin"}
    )
    save.save(secret, settings.mongo_uri, tmp_path / "backup")
    (path,) = (tmp_path / "backup").glob("settings.*.json")
    told = json.loads(path.read_text())
    assert "CLAUDE_DIR" in told
    assert "MONGO_URI" not in told
    password = settings.mongo_uri.split(":")[2].split("@")[0]
    assert password not in path.read_text()


@pytest.mark.parametrize("damage", ["scribbled", "missing", "list"])
def test_a_damaged_backup_is_named_and_nothing_of_it_is_used(
    settings: Settings,
    other: Settings,
    collection: Collection[dict[str, Any]],
    tmp_path: Path,
    damage: str,
) -> None:
    folder = tmp_path / "backup"
    insert(collection, "a")
    save.save(settings, settings.mongo_uri, folder)
    (part,) = folder.glob("mongodb/conversations.*")
    hurt = folder / "contents.json" if damage == "list" else part
    if damage == "missing":
        hurt.unlink()
    else:
        whole = hurt.read_bytes()
        hurt.write_bytes(whole[:20] + b"\0" + whole[21:])
    with pytest.raises(BackupError, match=hurt.name):
        restore(other, other.mongo_uri, folder)
    assert everything(other) == {}
    with pytest.raises(BackupError, match="no backup"):
        restore(other, other.mongo_uri, tmp_path / "nowhere")


def test_a_backup_cut_short_leaves_the_former_one_whole(
    settings: Settings,
    other: Settings,
    collection: Collection[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "backup"
    insert(collection, "a")
    save.save(settings, settings.mongo_uri, folder)
    insert(collection, "b")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(contents, "write", crash)
        with pytest.raises(KeyboardInterrupt):
            save.save(settings, settings.mongo_uri, folder)
    assert restore(other, other.mongo_uri, folder).stored == 1
    save.save(settings, settings.mongo_uri, folder)
    listed = contents.read(folder)
    assert listed is not None
    there = {path for path in folder.rglob("*") if path.is_file()} - {folder / "contents.json"}
    assert there == {folder / file.path for file in listed.files}


def test_the_first_backup_can_be_repeated_in_the_folder_where_one_was_cut_short(
    settings: Settings, collection: Collection[Any], tmp_path: Path
) -> None:
    insert(collection, "a")
    folder = tmp_path / "backup"
    with pytest.raises(ServiceDown):
        save.save(settings, "mongodb://127.0.0.1:9/", folder)
    assert not folder.exists()
    (folder / "mongodb").mkdir(parents=True)
    left_over = [folder / "mongodb" / "conversations.1.bson.gz", folder / "buffer.1.db"]
    for path in left_over:
        path.write_bytes(b"half")
    assert save.save(settings, settings.mongo_uri, folder).documents == 1
    assert not any(path.exists() for path in left_over)


@pytest.mark.parametrize("name", ["notes.txt", "mongodb/notes.txt", "settings.mine.json"])
def test_a_folder_with_files_of_the_users_is_refused_and_left_alone(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    own = tmp_path / "folder" / name
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    with pytest.raises(SettingError, match="holds no backup"):
        save.save(settings, settings.mongo_uri, tmp_path / "folder")
    assert own.read_text() == "mine"


def test_a_full_archive_is_refused_or_added_to_and_its_lake_takes_what_came_back(
    settings: Settings, other: Settings, collection: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    insert(collection, "a", "b")
    save.save(settings, settings.mongo_uri, folder)
    restore(other, other.mongo_uri, folder)
    with archive.connect(other.mongo_uri) as client:
        held = archive.conversations(client, other)
        held.delete_one({"text": "word-a"})
        insert(held, "c")
        assert extract(other, other.mongo_uri, Window("full")).documents == 2
        with pytest.raises(SettingError, match=r"already holds conversations.*--merge"):
            restore(other, other.mongo_uri, folder)
        assert restore(other, other.mongo_uri, folder, is_merge=True).stored == 1
        assert held.count_documents({}) == 3
    assert extract(other, other.mongo_uri, Window("incremental")).documents == 3


def test_backup_and_restore_count_each_document_once(
    settings: Settings, other: Settings, collection: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    collection.database["annotations"].insert_one({"_id": "s1", "note": "mine"})
    said = []
    for names in (("a", "b"), ("c",), ("d", "e")):
        insert(collection, *names)
        saved = save.save(settings, settings.mongo_uri, folder)
        said.append((saved.documents, saved.held))
    # What came within the last minutes stands in each part again.
    assert said == [(2, 3), (1, 4), (2, 6)]
    restored = restore(other, other.mongo_uri, folder)
    assert (restored.documents, restored.stored) == (6, 6)


def test_a_backup_made_while_an_erasure_went_on_is_written_again_by_the_next(
    settings: Settings, collection: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    insert(collection, "stays")
    insert(collection, "goes", project="-gone")

    def meanwhile(step: str) -> None:
        if step == "archive":
            save.save(settings, settings.mongo_uri, folder)

    erase(settings, settings.mongo_uri, Selection(project="-gone"), on_step=meanwhile)
    assert "word-goes" in words_in(folder)
    save.save(settings, settings.mongo_uri, folder)
    assert "word-goes" not in words_in(folder)


def test_the_forgotten_leave_the_next_backup_and_an_older_one_does_not_bring_them_back(
    settings: Settings, other: Settings, collection: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    folder, older = tmp_path / "backup", tmp_path / "older"
    insert(collection, "stays")
    insert(collection, "goes", project="-gone")
    for one in (folder, older):
        save.save(settings, settings.mongo_uri, one)
    assert "word-goes" in words_in(folder)
    erase(settings, settings.mongo_uri, Selection(project="-gone"))
    anew = save.save(settings, settings.mongo_uri, folder)
    assert (anew.documents, anew.is_incremental) == (1, False)
    assert "word-goes" not in words_in(folder)
    restore(other, other.mongo_uri, folder)
    restore(other, other.mongo_uri, older, is_merge=True)
    found = [bson.decode(raw)["text"] for raw in everything(other)["conversations"]]
    assert found == ["word-stays"]


def test_dead_letters_come_back_with_the_buffer(
    settings: Settings, other: Settings, tmp_path: Path
) -> None:
    path = settings.claude_dirs[0] / "-p" / f"{uuid.uuid4()}.jsonl"
    path.parent.mkdir()
    path.write_text('{"torn\n')
    sync_once(settings, settings.mongo_uri)
    save.save(settings, settings.mongo_uri, tmp_path / "backup")
    assert restore(other, other.mongo_uri, tmp_path / "backup").is_buffer_restored
    with Buffer(other.buffer_path) as buffer:
        assert buffer.rows("SELECT CAST(raw AS TEXT) FROM dead_letters") == [('{"torn',)]
    assert oct(other.buffer_path.stat().st_mode)[-3:] == "600"
