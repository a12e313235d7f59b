"""What is forgotten leaves index, vocabulary, disk and lists; what stays is found as before."""

import signal
import subprocess
import sys

import pytest

from cca.follow.forget import Forgotten, forget
from cca.search import home as homes
from cca.search.removal import Chosen
from cca.search.searcher import Searcher
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


def delete(collection, **match):
    collection.delete_many(match)


def words_on_disk(settings):
    home = homes.current(settings.search_dir)
    files = [path for path in settings.search_dir.rglob("*") if path.is_file()]
    assert home is not None
    return b"".join(path.read_bytes() for path in files)


def test_a_forgotten_session_is_gone_and_its_copies_elsewhere_are_found(
    archive_of_three, settings, mongo_uri
):
    database = archive_of_three.database
    assert b"quokkasecret" in words_on_disk(settings)
    delete(archive_of_three, sessionKey="s1")
    assert forget(settings, mongo_uri, Chosen(session="s1")) == Forgotten(2, 1)
    searcher = Searcher(settings, mongo_uri)
    assert searcher.search("quokkasecret").total == 0
    assert [row.session_id for row in searcher.search("axolotl").rows] == ["fork"]
    assert b"quokkasecret" not in words_on_disk(settings)
    assert sorted(row["_id"] for row in database["sessions"].find()) == ["fork", "s3"]
    assert [row["count"] for row in database["activity"].find({"projectId": "-p1"})] == [2]
    assert forget(settings, mongo_uri, Chosen(session="s1")) == Forgotten(0, 0)


@pytest.mark.parametrize(
    ("match", "chosen", "left", "blocks"),
    [
        ({"projectId": "-p1"}, Chosen(project="-p1"), ["s3"], 1),
        ({"host": "desktop"}, Chosen(host="desktop"), ["fork", "s1"], 3),
        (
            {"host": "laptop", "sessionKey": "fork"},
            Chosen(host="laptop", session="fork"),
            ["s1", "s3"],
            3,
        ),
        ({}, Chosen(), ["fork", "s1", "s3"], 4),
    ],
)
def test_projects_hosts_and_both_together_can_be_forgotten(
    archive_of_three, settings, mongo_uri, match, chosen, left, blocks
):
    if match:
        delete(archive_of_three, **match)
    forget(settings, mongo_uri, chosen)
    rows = archive_of_three.database["sessions"].find()
    assert sorted(row["_id"] for row in rows) == left
    assert Searcher(settings, mongo_uri).search("", since="2026-01-01").total == blocks


def test_single_entries_can_be_forgotten(archive_of_three, settings, mongo_uri):
    gone = archive_of_three.find_one({"sessionKey": "fork", "uuid": {"$ne": "same"}})["_id"]
    delete(archive_of_three, _id=gone)
    assert forget(settings, mongo_uri, Chosen(ids=(gone,))) == Forgotten(1, 1)
    assert Searcher(settings, mongo_uri).search("numbat").total == 0
    assert archive_of_three.database["sessions"].find_one({"_id": "fork"})["entries"] == 1


def test_a_running_follower_forgets_and_follows_on(archive_of_three, scribe, settings, mongo_uri):
    command = [sys.executable, "-c", FOLLOW, settings.model_dump_json(by_alias=False)]
    process = subprocess.Popen(command)
    searcher = Searcher(settings, mongo_uri)
    try:
        scribe.prompt("it runs")
        eventually(lambda: searcher.search("runs").total == 1)
        delete(archive_of_three, sessionKey="s1")
        assert forget(settings, mongo_uri, Chosen(session="s1")).blocks == 3
        assert searcher.search("quokkasecret").total == 0
        scribe.prompt("and follows", session="s9")
        eventually(lambda: searcher.search("follows").total == 1)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
