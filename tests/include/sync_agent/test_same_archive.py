"""An archive that lacks what was delivered to it gets everything again; nothing is doubled."""

import shutil

import pytest
from pymongo import MongoClient

from cca.sync_agent.buffer import POSITIONS_IN_DOUBT, Buffer
from tests.helpers import eventually, free_port
from tests.include.sync_agent.agents import changed, health_of, line, running

NUMBERS = range(20)


@pytest.fixture
def written(transcript):
    transcript.write_bytes(b"".join(map(line, NUMBERS)))


def numbers_in(collection):
    return sorted(document["n"] for document in collection.find({}, {"n": 1}))


@pytest.mark.usefixtures("written")
def test_another_archive_gets_what_the_first_one_had(collection, sync):
    assert sync().stored == len(NUMBERS)
    collection.drop()
    sync()
    assert numbers_in(collection) == list(NUMBERS)
    assert sync().records == 0


@pytest.mark.usefixtures("written")
def test_an_earlier_state_of_the_archive_gets_what_it_lacks(collection, sync, transcript):
    sync()
    with transcript.open("ab") as file:
        file.write(line(20) + line(21))
    sync()
    collection.delete_many({"n": {"$gte": 20}})
    sync()
    assert numbers_in(collection) == list(range(22))


@pytest.mark.usefixtures("written")
def test_a_rewritten_file_keeps_its_order(collection, sync, transcript):
    """What the archive still has of the file's second writing stands before what comes now."""
    sync()
    transcript.write_bytes(b"".join(map(line, range(100, 110))))
    sync()
    collection.delete_one({"n": 109})
    with transcript.open("ab") as file:
        file.write(line(110))
    sync()
    found = collection.find().sort([("stream", 1), ("generation", 1), ("sourceOffset", 1)])
    assert [each["n"] for each in found] == [*NUMBERS, *range(100, 111)]


@pytest.mark.usefixtures("written")
def test_a_kill_after_the_question_loses_no_answer(settings, collection, sync):
    """The question itself stores an entry, so it cannot be asked a second time."""
    sync()
    with Buffer(settings.buffer_path) as buffer:
        buffer.set_counter(POSITIONS_IN_DOUBT, 1)
        newest = buffer.newest_delivered()
    collection.delete_many({"_id": {"$ne": newest.entry_id}})
    sync()
    assert numbers_in(collection) == list(NUMBERS)
    assert sync().records == 0


@pytest.mark.usefixtures("written")
def test_a_running_agent_notices_that_the_archive_was_replaced(settings, own_mongod):
    server = own_mongod()
    live = changed(settings, health_port=free_port(), sync_interval_ms=200)
    with MongoClient(server.uri) as client, running(live, server.uri):
        collection = client[live.mongo_db][live.mongo_collection]
        eventually(lambda: numbers_in(collection) == list(NUMBERS))
        server.kill()
        eventually(lambda: not health_of(live)["mongoConnected"])
        shutil.rmtree(server.home / "data")
        (server.home / "data").mkdir()
        server.start()
        server.wait()
        eventually(lambda: numbers_in(collection) == list(NUMBERS))
