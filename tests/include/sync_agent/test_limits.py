"""What status lines recorded reaches MongoDB once, beside the conversations and apart from them."""

import json

import pytest

from cca.home import SPOOL_NAME
from cca.statusline import state
from cca.sync_agent.agent import SyncReport
from tests.helpers import eventually, free_port
from tests.include.sync_agent.agents import changed, running

SESSION = "00000000-0000-4000-8000-00000000b11e"


def reading(second, percentage, **values):
    return {
        "type": "limits", "timestamp": f"2026-10-01T10:00:{second:02}.000Z", "sessionId": SESSION,
        "cwd": "/srv/atlas", "fiveHour": {"usedPercentage": percentage, "resetsAt": 1_790_859_600},
    } | values  # fmt: skip


@pytest.fixture
def spool(settings):
    folder = settings.cca_home / SPOOL_NAME
    folder.mkdir(parents=True)
    return folder / "limits-2026-10.jsonl"


def write(spool, *entries):
    with spool.open("a") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)


def limits_of(collection):
    return list(collection.database["limits"].find().sort("sourceOffset", 1))


def test_readings_are_stored_once_and_apart(spool, sync, collection):
    write(spool, reading(1, 10), reading(2, 11))
    assert sync() == SyncReport(1, 2, 2, 0, 0, 0)
    assert sync().stored == 0
    # A line that is the same as one before is a reading of its own.
    write(spool, reading(2, 11))
    assert sync().stored == 1
    found = limits_of(collection)
    assert [each["fiveHour"]["usedPercentage"] for each in found] == [10, 11, 11]
    assert {(each["projectId"], each["sessionKey"], each["host"]) for each in found} == {
        ("-srv-atlas", SESSION, "test-host")
    }
    assert collection.count_documents({}) == 0


def test_reading_the_file_again_doubles_nothing(spool, sync, collection, settings):
    write(spool, reading(1, 10), reading(2, 11))
    sync()
    settings.buffer_path.unlink()
    assert sync().stored == 0
    assert len(limits_of(collection)) == 2


def test_a_running_agent_delivers_readings_and_says_that_it_runs(spool, settings, collection):
    live = changed(settings, health_port=free_port())
    with running(live, live.mongo_uri):
        write(spool, reading(1, 10))
        eventually(lambda: len(limits_of(collection)) == 1)
        eventually(lambda: state.read(str(settings.cca_home)).get("agent"))
    assert state.read(str(settings.cca_home))["agent"].keys() == {"at", "waiting_seconds"}


def test_odd_lines_stop_nothing(spool, sync, collection):
    spool.write_text('{"torn\n' + json.dumps(reading(1, 10)) + "\n[]\n")
    write(spool, {"type": "limits"}, reading(3, 12, cwd=7, sessionId="x"))
    (spool.parent / "state.json").write_text("{}")
    (spool.parent / "state.lock").touch()
    report = sync()
    assert (report.files, report.stored, report.dead_letters) == (1, 3, 2)
    assert [each["projectId"] for each in limits_of(collection)] == [
        "-srv-atlas", "statusline", "statusline",
    ]  # fmt: skip
