"""What is forgotten is nowhere afterwards, stays away, and all else is as it was."""

import json
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pymongo.collection import Collection
from pymongo.database import Database

from cca import erase as erasing
from cca import pipeline
from cca.cli.forget import forget as forget_command
from cca.errors import NotFound
from cca.extract.fetch import server_time
from cca.extract.run import extract
from cca.extract.window import Window, backfill
from cca.follow.agent import catch_up
from cca.gold.open import reading_gold
from cca.lake import catalog
from cca.lake.manifest import with_format
from cca.load.raw import load
from cca.load.warehouse import writing
from cca.mongo import erasures
from cca.search import home as homes
from cca.selection import Selection
from cca.settings import Settings, get_settings
from cca.sync_agent.agent import run, sync_once
from cca.sync_agent.buffer import Buffer
from tests.helpers import eventually
from tests.stored import files_with

SECRET, OTHER, HOURLY = "xyloquokka", "zwombatine", "quirkplover"
SESSION = "0a0a0a0a-0000-4000-8000-00000000000{}"


def line(session: str, number: int, word: str, **own: Any) -> str:
    entry = {
        "type": "user", "uuid": f"{session}-{number}", "sessionId": session,
        "timestamp": f"2026-10-0{number + 1}T10:00:00.000Z", "cwd": f"/srv/{word}",
        "message": {"role": "user", "content": f"please explain {word} {number}"}, **own,
    }  # fmt: skip
    return json.dumps(entry) + "\n"


def write(settings: Settings, project: str, session: str, word: str) -> Path:
    path = settings.claude_dirs[0] / project / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    said = [line(session, number, word) for number in range(3)]
    title = json.dumps({"type": "summary", "summary": f"all about {word}"}) + "\n"
    path.write_text("".join([title, *said, f'{{"torn {word}\n', said[0]]))
    return path


@pytest.fixture
def told(settings: Settings, collection: Collection[dict[str, Any]]) -> Settings:
    """Two projects, archived, indexed, in the lake; a dead letter of each."""
    write(settings, "-srv-secret", SESSION.format(1), SECRET)
    write(settings, "-srv-other", SESSION.format(2), OTHER)
    sync_once(settings, settings.mongo_uri)
    catch_up(settings, settings.mongo_uri)
    extract(settings, settings.mongo_uri, Window("full"))
    for number, (project, word) in enumerate([("-srv-secret", SECRET), ("-srv-other", OTHER)], 1):
        session = SESSION.format(number)
        place = {"sessionKey": session, "projectId": project, "host": settings.cca_host}
        collection.database["annotations"].insert_one({"_id": session, **place, "note": word})
    return settings


def words_in_mongo(database: Database[dict[str, Any]]) -> str:
    names = database.list_collection_names()
    return repr([list(database[name].find()) for name in names])


@pytest.fixture
def hourly_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run beside the erasure publishes rows that are gone when the erasure publishes."""
    build = pipeline.build

    def build_and_publish(settings: Settings, **how: Any) -> object:
        report = build(settings, **how)
        with writing(settings) as warehouse:
            row = f"select * replace ('{HOURLY}' as host) from marts.dim_hosts limit 1"
            warehouse.execute(f"insert into marts.dim_hosts {row}")
        published = pipeline.publish(settings)
        with writing(settings) as warehouse:
            warehouse.execute(f"delete from marts.dim_hosts where host = '{HOURLY}'")
        assert files_with(settings.gold_dir, HOURLY) == [published.name]
        return report

    monkeypatch.setattr(pipeline, "build", build_and_publish)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("hourly_run")
def test_nothing_of_a_forgotten_project_is_left_and_the_rest_is_as_it_was(
    told: Settings, collection: Collection[dict[str, Any]]
) -> None:
    for window in (Window("full"), backfill(None, None)):
        extract(with_format(told, "iceberg"), told.mongo_uri, window)
    load(told)
    told.gold_dir.mkdir()
    past = told.cca_home / "time-travel" / "1"
    past.mkdir(parents=True)
    for old in ("gold-1.duckdb", "gold-2.duckdb", "gold-3.building"):
        (told.gold_dir / old).write_text(SECRET)
        (past / old).write_text(SECRET)
    assert files_with(told.lake_dir, SECRET)
    before = {Path(name).name for name in files_with(told.cca_home, SECRET)}
    assert {told.buffer_path.name, told.warehouse_path.name} <= before
    assert files_with(told.search_dir, SECRET)
    scope = Selection(project="-srv-secret")
    found = erasing.look(told, told.mongo_uri, scope)
    assert (found.documents, found.sessions, found.dead_letters) == (4, 1, 1)
    report = erasing.erase(told, told.mongo_uri, scope)
    assert (report.documents, report.lake_rows) == (4, 2 * (4 + 3))
    assert report.lines > 0
    assert SECRET not in words_in_mongo(collection.database)
    assert not files_with(told.lake_dir, SECRET)
    assert files_with(told.cca_home, SECRET) == []
    assert files_with(told.gold_dir, HOURLY) == []
    assert len(list(told.gold_dir.glob("gold-*"))) == 1
    assert gold_rows(told, "-srv-secret") == []
    assert gold_rows(told, "-srv-other") == [(SESSION.format(2), 4)]
    for table in catalog.existing(told).values():
        for snapshot in table.snapshots():
            for one in snapshot.manifests(table.io):
                entries = one.fetch_manifest_entry(table.io, discard_deleted=False)
                assert all(entry.status.name != "DELETED" for entry in entries)
    assert OTHER in words_in_mongo(collection.database)
    assert [one["note"] for one in collection.database["annotations"].find()] == [OTHER]
    assert files_with(told.lake_dir, OTHER)
    assert erasing.look(told, told.mongo_uri, scope).is_nothing


def gold_rows(settings: Settings, project: str) -> list[Any]:
    with reading_gold(settings) as gold:
        return gold.execute(
            "select session_id, count(*) from marts.fct_messages where project_id = ? group by all",
            [project],
        ).fetchall()


def test_the_files_are_not_taken_in_again_even_by_a_new_buffer_and_later_words_are(
    told: Settings, collection: Collection[dict[str, Any]]
) -> None:
    scope = Selection(session=SESSION.format(1))
    erasing.erase(told, told.mongo_uri, scope)
    path = told.claude_dirs[0] / "-srv-secret" / f"{SESSION.format(1)}.jsonl"
    later = server_time(collection).isoformat().replace("2026", "2027")
    with path.open("a") as file:
        file.write(line(SESSION.format(1), 7, "newword", timestamp=later))
    for _ in range(2):
        sync_once(told, told.mongo_uri)
        stored = list(collection.find({"sessionKey": SESSION.format(1)}))
        assert [one["uuid"][-1] for one in stored] == ["7"]
        assert SECRET not in words_in_mongo(collection.database)
        with Buffer(told.buffer_path) as buffer:
            kept = buffer.rows("SELECT entry_json FROM pending_entries")
            letters = buffer.rows("SELECT source_file FROM dead_letters")
        assert SECRET not in repr(kept)
        assert [Path(name).parent.name for (name,) in letters] == ["-srv-other"]
        # A lost buffer reads all files from their start.
        for side in told.cca_home.glob("buffer.db*"):
            side.unlink()


def test_what_is_written_while_the_erasure_runs_stays_and_what_was_under_way_goes(
    told: Settings, collection: Collection[dict[str, Any]]
) -> None:
    session = SESSION.format(1)
    path = told.claude_dirs[0] / "-srv-secret" / f"{session}.jsonl"
    [known] = collection.find({"uuid": f"{session}-1"})
    steps: list[str] = []

    def go_on(step: str) -> None:
        """Go on as a session, an agent that has not seen the request, and a run do beside it."""
        steps.append(step)
        if step == "search and lists" and len(steps) < 9:
            now = server_time(collection).isoformat()
            with path.open("a") as file:
                file.write(line(session, 10 + len(steps), "freshword", timestamp=now))
            sync_once(told, told.mongo_uri)
            extract(told, told.mongo_uri, Window("full"))
        if step == "lake and warehouse" and len(steps) < 5:
            came = {"_id": "under way", "ingestedAt": server_time(collection)}
            collection.insert_one({**known, **came})

    scope = Selection(project="-srv-secret")
    report = erasing.erase(told, told.mongo_uri, scope, on_step=go_on)
    assert steps.count("lake and warehouse") == 2
    assert (report.documents, report.is_done) == (5, True)
    said = [document["message"]["content"] for document in collection.find(scope.fields())]
    assert sorted(text.split()[2] for text in said) == ["freshword", "freshword"]
    # An entry and its block each.
    assert erasing.look(told, told.mongo_uri, scope).lake_rows == 4
    assert not files_with(told.lake_dir, SECRET)
    sync_once(told, told.mongo_uri)
    assert collection.count_documents(scope.fields()) == 2


def test_a_clock_that_is_behind_loses_no_new_line_and_brings_no_old_one_back(
    told: Settings, collection: Collection[dict[str, Any]]
) -> None:
    scope, session = Selection(project="-srv-secret"), SESSION.format(1)
    erasing.erase(told, told.mongo_uri, scope)
    # MongoDB's clock said three hours more than this machine's.
    at = {"at": server_time(collection) + timedelta(hours=3)}
    collection.database["forgotten"].update_many({}, {"$set": at})
    sync_once(told, told.mongo_uri)
    path = told.claude_dirs[0] / "-srv-secret" / f"{session}.jsonl"

    def write_and_sync(number: int, at: datetime) -> list[str]:
        with path.open("a") as file:
            file.write(line(session, number, "freshword", timestamp=at.isoformat()))
        sync_once(told, told.mongo_uri)
        return sorted(one["uuid"][-1] for one in collection.find(scope.fields()))

    assert write_and_sync(5, datetime.now(UTC) - timedelta(days=1)) == []
    assert write_and_sync(6, datetime.now(UTC)) == ["6"]
    for side in told.cca_home.glob("buffer.db*"):
        side.unlink()
    sync_once(told, told.mongo_uri)
    assert write_and_sync(7, datetime.now(UTC)) == ["6", "7"]
    assert SECRET not in words_in_mongo(collection.database)


def test_a_running_agent_with_a_new_buffer_keeps_no_broken_line_of_what_was_erased(
    told: Settings, collection: Collection[dict[str, Any]]
) -> None:
    erasing.erase(told, told.mongo_uri, Selection(project="-srv-secret"))
    for side in told.cca_home.glob("buffer.db*"):
        side.unlink()
    collection.delete_many({})
    stopping = threading.Event()
    agent = threading.Thread(target=run, args=(told, told.mongo_uri, stopping))
    agent.start()
    try:
        eventually(lambda: collection.count_documents({}) == 4)
        with Buffer(told.buffer_path) as buffer:
            letters = "SELECT project_id FROM dead_letters"
            eventually(lambda: buffer.rows(letters) == [("-srv-other",)], 15)
    finally:
        stopping.set()
        agent.join()


def test_a_line_that_waits_in_a_buffer_while_its_project_is_forgotten_is_dropped(
    told: Settings, collection: Collection[dict[str, Any]]
) -> None:
    erasing.erase(told, told.mongo_uri, Selection(project="-srv-secret"))
    with Buffer(told.buffer_path) as buffer, buffer.transaction() as connection:
        for project in ("-srv-secret", "-srv-other"):
            connection.execute(
                "INSERT INTO pending_entries (created_at, project_id, session_id, source_file,"
                " entry_json, entry_id, stream, generation, source_offset, event_ms)"
                " VALUES ('2026-10-01T00:00:00Z', ?, 's', 'f', '{\"type\":\"user\"}', ?, 's', 0, 0,"
                " 1790000000000)",
                (project, project),
            )
    report = sync_once(told, told.mongo_uri)
    assert (report.stored, report.pending) == (1, 0)
    assert collection.count_documents({"projectId": "-srv-secret"}) == 0
    with Buffer(told.buffer_path) as buffer:
        rows = buffer.rows("SELECT COUNT(*) FROM pending_entries WHERE project_id = '-srv-secret'")
    assert rows == [(0,)]


@pytest.mark.parametrize("step", ["_clear_buffer", "_new_warehouse"])
def test_a_deletion_that_was_cut_short_is_finished_by_the_next(
    told: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    scope = Selection(host="test-host", project="-srv-secret")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    load(told)
    with monkeypatch.context() as patched:
        patched.setattr(erasing, step, crash)
        with pytest.raises(KeyboardInterrupt):
            erasing.erase(told, told.mongo_uri, scope)
    found = erasing.look(told, told.mongo_uri, scope)
    assert found.documents == 0
    assert found.is_unfinished
    assert not found.is_nothing
    monkeypatch.setattr(erasing, "_new_warehouse", lambda _: None)
    erasing.erase(told, told.mongo_uri, scope)
    assert erasing.look(told, told.mongo_uri, scope).is_nothing
    assert not files_with(told.lake_dir, SECRET)


@pytest.fixture
def command_settings(told: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    for name in ("cca_home", "claude_dir", "mongo_uri", "mongo_db", "cca_host"):
        monkeypatch.setenv(name.upper(), str(getattr(told, name)))
    get_settings.cache_clear()
    yield told
    get_settings.cache_clear()


def test_the_command_counts_asks_and_deletes(
    command_settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    chosen = ["--session", SESSION.format(1)]
    counted = CliRunner().invoke(forget_command, [*chosen, "--dry-run", "--json"])
    assert json.loads(counted.output)["totals"]["documents"] == 4
    refused = CliRunner().invoke(forget_command, chosen, input="n\n")
    assert refused.exit_code == 1
    assert "4 documents of 1 sessions" in refused.output
    assert collection.count_documents({}) == 8
    done = CliRunner().invoke(forget_command, [*chosen, "--yes", "--json"])
    assert json.loads(done.stdout)["totals"]["documents"] == 4
    assert collection.count_documents({}) == 4
    again = CliRunner().invoke(forget_command, chosen)
    assert "Nothing matches" in again.output
    unnamed = CliRunner().invoke(forget_command, ["--yes"])
    assert unnamed.exit_code == 2
    assert "--project" in unnamed.output


def test_a_session_is_named_by_its_file_and_a_mistyped_name_by_what_is_near(
    command_settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    for project in ("-srv-secret", "-srv-other"):
        write(command_settings, project, "plain notes", SECRET)
    write(command_settings, "-srv-other", "diary", SECRET)
    sync_once(command_settings, command_settings.mongo_uri)

    def said(*chosen: str) -> str:
        return CliRunner().invoke(forget_command, [*chosen, "--dry-run"]).output

    assert "4 documents of 1 sessions" in said("--session", "diary")
    assert "4 documents of 1 sessions" in said("--session", "diary.jsonl")
    assert SESSION.format(1) in said("--session", SESSION.format(3))
    assert "no host 'nobody'" in said("--host", "nobody", "--session", "diary")
    unclear = CliRunner().invoke(forget_command, ["--session", "plain notes", "--dry-run"])
    assert isinstance(unclear.exception, NotFound)
    assert "-srv-secret/plain notes" in str(unclear.exception)


def test_no_index_is_built_only_to_find_a_project(
    command_settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    shutil.rmtree(command_settings.search_dir)
    for name in ("sessions", "activity", "follower"):
        collection.database.drop_collection(name)
    chosen = ["--project", f"/srv/{SECRET}", "--dry-run", "--json"]
    counted = json.loads(CliRunner().invoke(forget_command, chosen).stdout)["totals"]
    assert (counted["documents"], counted["blocks"]) == (4, None)
    assert not homes.is_there(command_settings.search_dir)


def test_a_lost_store_is_struck_out_by_name(
    command_settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    erasures.register(collection.database, "lake", "old-laptop", Path("/gone/lake"))
    chosen = ["--session", SESSION.format(1), "--yes"]
    opened = CliRunner().invoke(forget_command, chosen)
    assert "cca forget --gone old-laptop:/gone/lake" in opened.output
    mixed = CliRunner().invoke(forget_command, [*chosen, "--gone", "old-laptop:/gone/lake"])
    assert mixed.exit_code == 2
    refused = CliRunner().invoke(forget_command, ["--gone", "old-laptop:/gone/lake"], input="n\n")
    assert refused.exit_code == 1
    done = CliRunner().invoke(forget_command, ["--gone", "old-laptop:/gone/lake", "--yes"])
    assert "1 open erasure request is done by that" in done.output
    assert "Nothing matches" in CliRunner().invoke(forget_command, chosen).output
