"""What is erased leaves index, vocabulary, disk and lists; what stays is found as before."""

import re
import signal
import subprocess
import sys
import threading

import pytest

from cca.erase import erase as erase_all
from cca.errors import NotFound, SettingError
from cca.follow import erase
from cca.follow.lock import follower_lock
from cca.mongo import erasures
from cca.search import home as homes
from cca.search.searcher import Searcher
from cca.selection import Selection
from tests.helpers import eventually

FOLLOW = """
import sys
from cca.follow.agent import run
from cca.settings import Settings
settings = Settings.model_validate_json(sys.argv[1])
run(settings, settings.mongo_uri)
"""


@pytest.fixture
def archive_of_three(scribe, caught_up):
    scribe.prompt("shared axolotl", uuid="same")
    scribe.answer("only quokkasecret here")
    scribe.prompt("shared axolotl", uuid="same", session="fork")
    scribe.prompt("numbat stays", session="fork")
    scribe.prompt("elsewhere wombat", session="s3", project="-p2", host="desktop")
    caught_up()
    return scribe.collection


def request(collection, selection, **match):
    """An open request whose documents are gone from MongoDB, as `cca forget` leaves it."""
    database = collection.database
    opened = erasures.open_request(database, selection)
    erasures.note_touched(database, opened, collection.find(match))
    collection.delete_many(match)
    return erasures.note_archive_erased(database, opened)


def obeyed(collection, settings, selection, **match):
    """The rows of the session list that were rewritten for a request."""
    opened = request(collection, selection, **match)
    with follower_lock(settings.search_dir):
        erase.obey(settings, collection, threading.Event())
    return erase.renew_lists(collection, opened)


def words_on_disk(settings):
    home = homes.current(settings.search_dir)
    files = [path for path in settings.search_dir.rglob("*") if path.is_file()]
    assert home is not None
    return b"".join(path.read_bytes() for path in files)


def test_an_erased_session_is_gone_and_its_copies_elsewhere_are_found(
    archive_of_three, settings, mongo_uri
):
    database = archive_of_three.database
    assert b"quokkasecret" in words_on_disk(settings)
    assert erase.count_blocks(settings, Selection(session="s1")) == 2
    assert obeyed(archive_of_three, settings, Selection(session="s1"), sessionKey="s1") == 1
    searcher = Searcher(settings, mongo_uri)
    assert searcher.search("quokkasecret").total == 0
    assert [row.session_id for row in searcher.search("axolotl").rows] == ["fork"]
    assert b"quokkasecret" not in words_on_disk(settings)
    assert sorted(row["_id"] for row in database["sessions"].find()) == ["fork", "s3"]
    assert [row["count"] for row in database["activity"].find({"projectId": "-p1"})] == [2]
    assert erase.count_blocks(settings, Selection(session="s1")) == 0


@pytest.mark.parametrize(
    ("match", "selection", "left", "blocks"),
    [
        ({"projectId": "-p1"}, Selection(project="-p1"), ["s3"], 1),
        ({"host": "desktop"}, Selection(host="desktop"), ["fork", "s1"], 3),
        (
            {"host": "laptop", "sessionKey": "fork"},
            Selection(host="laptop", session="fork"),
            ["s1", "s3"],
            3,
        ),
    ],
)
def test_projects_hosts_and_both_together_can_be_erased(
    archive_of_three, settings, mongo_uri, match, selection, left, blocks
):
    obeyed(archive_of_three, settings, selection, **match)
    rows = archive_of_three.database["sessions"].find()
    assert sorted(row["_id"] for row in rows) == left
    assert Searcher(settings, mongo_uri).search("", since="2026-01-01").total == blocks


@pytest.fixture
def following(settings):
    """Starts `cca follow` as a process; each one is ended with the test."""
    running = []

    def start():
        command = [sys.executable, "-c", FOLLOW, settings.model_dump_json(by_alias=False)]
        running.append(subprocess.Popen(command))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_a_running_follower_erases_by_itself_and_follows_on(
    archive_of_three, scribe, settings, mongo_uri, following
):
    process = following()
    searcher = Searcher(settings, mongo_uri)
    scribe.prompt("it runs")
    eventually(lambda: searcher.search("runs").total == 1)
    database = archive_of_three.database
    opened = request(archive_of_three, Selection(session="s1"), sessionKey="s1")
    eventually(lambda: not erasures.waiting_for(database, opened))
    eventually(lambda: erasures.unfinished(database, Selection(session="s1")) is None)
    assert searcher.search("quokkasecret").total == 0
    assert b"quokkasecret" not in words_on_disk(settings)
    scribe.prompt("and follows", session="s9")
    eventually(lambda: searcher.search("follows").total == 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    (store,) = erasures.stores(database)
    assert (store.kind, store.seen_at) == ("search", None)


def test_a_follower_of_another_home_erases_when_it_runs_again(
    archive_of_three, settings, mongo_uri, tmp_path, following
):
    elsewhere = settings.model_copy(update={"cca_home": tmp_path / "other"})
    report = erase_all(elsewhere, mongo_uri, Selection(session="s1"))
    assert (report.documents, report.blocks, report.lake_rows) == (2, None, None)
    assert not report.is_done
    (waiting,) = report.waiting
    assert str(settings.search_dir) in waiting
    assert "no lake in this CCA_HOME" in report.elsewhere
    assert b"quokkasecret" in words_on_disk(settings)
    database = archive_of_three.database
    assert erasures.unfinished(database, Selection(session="s1")) is not None
    following()
    eventually(lambda: erasures.unfinished(database, Selection(session="s1")) is None)
    assert b"quokkasecret" not in words_on_disk(settings)
    again = erase_all(elsewhere, mongo_uri, Selection(session="fork"))
    assert again.is_done
    assert b"numbat" not in words_on_disk(settings)
    rows = repr(list(database["sessions"].find()))
    assert "numbat" not in rows
    assert "axolotl" not in rows


@pytest.mark.parametrize("step", ["_make_unfindable", "build_anew", "note_obeyed"])
def test_an_erasure_that_was_killed_in_between_is_repeated(
    archive_of_three, settings, mongo_uri, monkeypatch, caught_up, step
):
    opened = request(archive_of_three, Selection(session="s1"), sessionKey="s1")

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(erase, step, die)
        with pytest.raises(KeyboardInterrupt), follower_lock(settings.search_dir):
            erase.obey(settings, archive_of_three, threading.Event())
    assert erasures.waiting_for(archive_of_three.database, opened)
    caught_up()
    assert not erasures.waiting_for(archive_of_three.database, opened)
    assert b"quokkasecret" not in words_on_disk(settings)
    assert Searcher(settings, mongo_uri).search("numbat").total == 1


def test_a_store_that_is_gone_for_good_is_struck_out_and_its_request_is_done(
    archive_of_three, settings, mongo_uri, tmp_path
):
    elsewhere = settings.model_copy(update={"cca_home": tmp_path / "other"})
    report = erase_all(elsewhere, mongo_uri, Selection(session="s1"))
    place = f"{settings.cca_host}:{settings.search_dir}"
    assert f"cca forget --gone {place}" in report.waiting[0]
    database = archive_of_three.database
    with pytest.raises(NotFound, match=re.escape(place)):
        erasures.dismiss(database, "nowhere:/lake")
    (done,) = erasures.dismiss(database, place)
    assert done.selection == Selection(session="s1")
    assert erasures.unfinished(database, Selection(session="s1")) is None
    assert erasures.stores(database) == []


def test_a_store_that_runs_is_not_struck_out(archive_of_three, settings, following):
    following()
    database = archive_of_three.database
    place = f"{settings.cca_host}:{settings.search_dir}"
    eventually(lambda: erasures.running(database, erasures.stores(database)))
    with pytest.raises(SettingError, match="is not gone"):
        erasures.dismiss(database, place)
    assert erasures.stores(database)
