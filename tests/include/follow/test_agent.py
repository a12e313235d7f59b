"""The follower as a process: live, killed, restarted, alone."""

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from cca.errors import AlreadyRunning
from cca.follow import agent
from cca.follow.agent import _pause_seconds, catch_up
from cca.follow.rebuild import rebuild_search
from cca.follow.request import _WATCHED_SECONDS, ask, is_watched, wait_for_answer, watch
from cca.mongo import archive
from cca.mongo.mongod import find_binary
from cca.search import home as homes
from cca.search.index import Writer
from cca.search.searcher import Searcher
from tests.helpers import eventually, free_port

RUN = """
import sys
from cca.follow.agent import run
from cca.settings import Settings
settings = Settings.model_validate_json(sys.argv[1])
run(settings, settings.mongo_uri)
"""


@pytest.fixture
def start(settings):
    started = []

    def follower(**changed):
        chosen = settings.model_copy(update=changed)
        command = [sys.executable, "-c", RUN, chosen.model_dump_json(by_alias=False)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield follower
    for process in started:
        process.kill()
        process.communicate()


def everything(searcher, database):
    rows = searcher.search("-nothingholdsthis", limit=10_000).rows
    hits = sorted((row.document_id, row.kind, row.copies, row.snippet) for row in rows)
    lists = [list(database[name].find().sort("_id")) for name in ("sessions", "activity")]
    return hits, lists


def test_a_new_line_is_found_and_listed_while_the_follower_runs(
    scribe, start, settings, mongo_uri, collection
):
    searcher = Searcher(settings, mongo_uri)
    process = start()
    eventually(lambda: process.poll() is None)
    scribe.prompt("the first platypus")
    eventually(lambda: searcher.search("platypus").total == 1)
    scribe.prompt("another platypus")
    eventually(lambda: searcher.search("latyp").total == 2)
    eventually(lambda: (collection.database["sessions"].find_one() or {}).get("prompts") == 2)
    late = scribe.document(
        {"type": "user", "uuid": "late", "message": {"content": "late platypus"}}
    )
    collection.insert_one({**late, "ingestedAt": scribe.began})
    eventually(lambda: searcher.search("platypus").total == 3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_the_longer_it_catches_up_the_seldomer_it_commits(scribe, settings, mongo_uri, monkeypatch):
    """Eight segments are merged into one; what arrives later is committed as soon as ever."""
    for number in range(120):
        scribe.prompt(f"platypus {number}")
    seconds = itertools.count(time.monotonic())
    monkeypatch.setattr(agent, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    monkeypatch.setattr(agent, "_READ_DOCUMENTS", 2)
    monkeypatch.setattr(agent, "_LIVE_DOCUMENTS", 2)
    commits = []
    commit = Writer.commit
    monkeypatch.setattr(Writer, "commit", lambda *given: commits.append(given) or commit(*given))
    assert catch_up(settings, mongo_uri).documents == 120
    assert 3 < len(commits) < 8
    assert Searcher(settings, mongo_uri).search("platypus").total == 120


def test_a_quiet_follower_asks_seldom_unless_somebody_looks(settings):
    parts = SimpleNamespace(feed=SimpleNamespace(is_quiet=True))
    watch(settings.search_dir)
    assert not is_watched(settings.search_dir), "there is no index to follow for"
    seldom = _pause_seconds(parts, settings)
    settings.search_dir.mkdir(parents=True)
    watch(settings.search_dir)
    often = _pause_seconds(parts, settings)
    assert often < seldom
    past = time.time() - _WATCHED_SECONDS - 1
    os.utime(settings.search_dir / "watched", (past, past))
    assert _pause_seconds(parts, settings) == seldom
    parts.feed.is_quiet = False
    assert _pause_seconds(parts, settings) == often


def test_a_second_follower_is_told_that_there_is_one(scribe, start, settings, mongo_uri):
    scribe.prompt("first")
    process = start()
    eventually(lambda: Searcher(settings, mongo_uri).search("first").total == 1)
    with pytest.raises(AlreadyRunning, match=rf"already runs \(process {process.pid}\)"):
        catch_up(settings, mongo_uri)


def test_catching_up_again_changes_nothing(scribe, settings, mongo_uri, collection):
    for number in range(30):
        scribe.prompt(f"word{number} common", uuid=f"u{number % 20}")
    catch_up(settings, mongo_uri)
    searcher = Searcher(settings, mongo_uri)
    before = everything(searcher, collection.database)
    assert catch_up(settings, mongo_uri).blocks == 0
    assert everything(searcher, collection.database) == before


def test_killed_at_any_moment_it_ends_where_a_clean_build_does(
    scribe, start, settings, mongo_uri, collection
):
    numbers = random.Random(7)
    documents = [
        scribe.document(
            {
                "type": "user",
                "uuid": f"u{n % 2500}",
                "message": {"content": f"needle{n % 2500} text " * 20},
            },
            session=f"s{n % 7}",
        )
        for n in range(3000)
    ]
    for chunk in range(0, 3000, 500):
        process = start()
        collection.insert_many(documents[chunk : chunk + 500])
        time.sleep(numbers.uniform(0.3, 1.6))
        process.kill()
        process.wait()
    catch_up(settings, mongo_uri)
    searcher = Searcher(settings, mongo_uri)
    grown = everything(searcher, collection.database)
    assert searcher.search("eedle24").total == 111
    assert len(grown[0]) == 2500
    rebuild_search(settings, mongo_uri)
    assert everything(searcher, collection.database)[0] == grown[0]
    assert searcher.search("eedle24").total == 111


def test_an_index_of_another_schema_or_archive_is_replaced(scribe, settings, mongo_uri, collection):
    document = scribe.prompt("heron")
    catch_up(settings, mongo_uri)
    searcher = Searcher(settings, mongo_uri)
    old = homes.current(settings.search_dir)
    version = old.path / "version.json"
    version.write_text(version.read_text().replace('"schema": ', '"schema": 9'))
    assert searcher.search("heron").message
    catch_up(settings, mongo_uri)
    assert searcher.search("heron").total == 1
    assert not old.path.exists()
    collection.drop()
    collection.insert_one({**document, "_id": "x", "message": {"content": "egret"}})
    catch_up(settings, mongo_uri)
    assert [searcher.search(word).total for word in ("heron", "egret")] == [0, 1]


def test_a_running_follower_rebuilds_on_request(scribe, start, settings, mongo_uri):
    scribe.prompt("stork")
    searcher = Searcher(settings, mongo_uri)
    start()
    eventually(lambda: searcher.search("stork").total == 1)
    first = homes.current(settings.search_dir)
    wait_for_answer(ask(settings.search_dir))
    assert homes.current(settings.search_dir) != first
    assert searcher.search("stork").total == 1
    scribe.prompt("stork again")
    eventually(lambda: searcher.search("stork").total == 2)


@pytest.fixture
def lonely_mongod(tmp_path):
    """A mongod without a replica set and without passwords."""
    port = free_port()
    started = []

    def serve():
        (tmp_path / "lonely").mkdir(exist_ok=True)
        command = [str(find_binary()), "--dbpath", str(tmp_path / "lonely"), "--port", str(port)]
        started.append(subprocess.Popen([*command, "--bind_ip", "127.0.0.1", "--quiet"], stdout=-3))
        return started[-1]

    yield serve, f"mongodb://127.0.0.1:{port}/?directConnection=true"
    for process in started:
        process.kill()
        process.wait()


def test_beside_a_stand_alone_mongodb_and_through_its_restart_it_goes_on(
    lonely_mongod, new_scribe, start, settings
):
    serve, uri = lonely_mongod
    server = serve()
    searcher = Searcher(settings, uri)
    follower = start(mongo_uri=uri)
    with archive.connect(uri, timeout_ms=10_000) as client:
        scribe = new_scribe(archive.conversations(client, settings))
        scribe.prompt("pelican")
        eventually(lambda: searcher.search("pelican").total == 1)
        late = scribe.document(
            {"type": "user", "uuid": "l", "message": {"content": "late pelican"}}
        )
        scribe.collection.insert_one({**late, "ingestedAt": scribe.began - timedelta(minutes=2)})
        eventually(lambda: searcher.search("pelican").total == 2)
        server.terminate()
        server.wait()
        time.sleep(2)
        serve()
        scribe.prompt("another pelican")
        eventually(lambda: searcher.search("pelican").total == 3)
    assert follower.poll() is None


def test_when_the_archive_is_replaced_the_index_follows_without_spinning(
    scribe, start, settings, mongo_uri, collection
):
    document = scribe.prompt("old ibis")
    searcher = Searcher(settings, mongo_uri)
    start()
    eventually(lambda: searcher.search("ibis").total == 1)
    collection.drop()
    time.sleep(0.5)
    before = _requests(collection)
    time.sleep(2)
    # a loop without a pause makes thousands
    assert _requests(collection) - before < 200
    collection.insert_one({**document, "_id": "new", "message": {"content": "new ibis"}})
    eventually(lambda: [row.document_id for row in searcher.search("ibis").rows] == ["new"])


def _requests(collection):
    counters = collection.database.client.admin.command("serverStatus")["opcounters"]
    return counters["command"] + counters["query"] + counters["getmore"]


@pytest.mark.parametrize(
    "odd",
    [
        {"type": {"a": 1}},
        {"type": ["user"]},
        {"type": "message", "message": {"role": {"a": 1}}},
        {"type": "user", "message": {"role": "user", "content": [{"type": [1]}, [2], None]}},
        {
            "type": "user",
            "message": {"content": [{"type": "tool_result", "content": {"type": [1]}}]},
        },
    ],
)
def test_odd_entry_stops_neither_search_nor_lists(scribe, settings, mongo_uri, odd):
    scribe.write({**odd, "uuid": "odd"})
    scribe.prompt("plain heron")
    done = catch_up(settings, mongo_uri)
    assert done.documents == 2
    assert Searcher(settings, mongo_uri).search("heron").total == 1
