import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from cca.errors import AlreadyRunning, PortTaken
from cca.mongo import archive
from cca.settings import PROJECT_DIR
from cca.sync_agent import agent
from cca.sync_agent.agent import run, sync_once
from cca.sync_agent.lock import agent_lock
from tests.helpers import eventually, free_port
from tests.include.sync_agent.agents import changed, get, health_of, line, running

HEALTH_FIELDS = {
    "status", "pending", "synced", "lastSyncAt", "mongoConnected", "uptime", "deadLetters",
    "filesTracked", "oldestPendingSeconds",
}  # fmt: skip


@pytest.fixture
def live(settings):
    """Settings of an agent that scans so rarely that only hints can explain speed."""
    return changed(settings, health_port=free_port(), sync_interval_ms=20_000)


def test_new_lines_arrive_at_once_and_health_says_so(live, transcript, collection):
    transcript.write_bytes(line(1))
    with running(live, live.mongo_uri):
        eventually(lambda: collection.count_documents({}) == 1)
        eventually(lambda: health_of(live)["mongoConnected"])
        with transcript.open("ab") as file:
            file.write(line(2))
        eventually(lambda: collection.count_documents({}) == 2, seconds=5)
        eventually(lambda: health_of(live)["synced"] == 2)
        health = health_of(live)
        assert health.keys() == HEALTH_FIELDS
        assert (health["status"], health["pending"], health["filesTracked"]) == ("ok", 0, 1)
        assert health["lastSyncAt"].endswith("Z")
        assert json.loads(get(live, "/stats"))["projects"][0]["records"] == 2
        assert "cca_sync_delivered_entries_total 2.0\n" in get(live, "/metrics")


def test_the_first_entries_of_a_new_file_wait_for_the_first_time(live, transcript, collection):
    dated = json.dumps({"type": "user", "uuid": "d", "timestamp": "2026-10-01T10:00:00Z"})
    with running(live, live.mongo_uri):
        eventually(lambda: health_of(live)["mongoConnected"])
        transcript.write_bytes(line(1))
        time.sleep(0.5)
        with transcript.open("ab") as file:
            file.write(dated.encode() + b"\n")
        eventually(lambda: collection.count_documents({}) == 2)
    assert len(collection.distinct("eventAt")) == 1


def test_a_last_line_without_newline_arrives_when_it_stops_growing(live, transcript, collection):
    transcript.write_bytes(line(1)[:-1])
    started = time.monotonic()
    with running(live, live.mongo_uri):
        eventually(lambda: collection.count_documents({}) == 1)
        assert time.monotonic() - started >= agent.TAIL_SECONDS
        with transcript.open("ab") as file:
            file.write(b"\n" + line(2))
        eventually(lambda: collection.count_documents({}) == 2)


def test_entries_wait_while_mongodb_is_down_and_go_when_it_is_up(settings, transcript, own_mongod):
    server = own_mongod()
    server.kill()
    live = changed(settings, health_port=free_port())
    transcript.write_bytes(line(1) + b"poison\n" + line(2))
    with running(live, server.uri):
        eventually(lambda: health_of(live)["pending"] == 2)
        health = health_of(live)
        assert (health["status"], health["mongoConnected"]) == ("degraded", False)
        assert (health["lastSyncAt"], health["deadLetters"]) == (None, 1)
        server.start()
        eventually(lambda: health_of(live)["synced"] == 2, seconds=45)
        with archive.connect(server.uri) as client:
            assert archive.conversations(client, live).count_documents({}) == 2


def test_a_claude_dir_may_appear_later(live, tmp_path, collection):
    late = tmp_path / "late"
    live = changed(live, claude_dir=str(late), sync_interval_ms=200)
    with running(live, live.mongo_uri):
        eventually(lambda: health_of(live)["mongoConnected"])
        late.mkdir()
        (late / "s.jsonl").write_bytes(line(1))
        eventually(lambda: collection.count_documents({}) == 1)


def test_a_taken_health_port_is_named_with_its_setting(live):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", live.health_port))
        holder.listen()
        with pytest.raises(PortTaken, match=f"{live.health_port}.*HEALTH_PORT"):
            run(live, live.mongo_uri)


def test_two_agents_on_one_buffer_are_one_too_many(settings):
    with (
        agent_lock(settings.buffer_path),
        pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}\b"),
    ):
        sync_once(settings, settings.mongo_uri)
    sync_once(settings, settings.mongo_uri)


def test_sigterm_delivers_what_was_read_and_ends_with_zero(live, transcript, collection):
    transcript.write_bytes(b"".join(map(line, range(500))))
    environment = {
        "PATH": "/usr/bin:/bin",
        "CCA_HOME": str(live.cca_home),
        "CLAUDE_DIR": live.claude_dir,
        "MONGO_URI": live.mongo_uri,
        "MONGO_DB": live.mongo_db,
        "HEALTH_PORT": str(live.health_port),
    }
    command = [sys.executable, "-m", "cca.sync_agent"]
    process = subprocess.Popen(
        command, cwd=PROJECT_DIR, env=environment, stderr=subprocess.PIPE, text=True
    )
    eventually(lambda: collection.estimated_document_count() > 0)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=15)
    assert process.returncode == 0, log
    assert collection.count_documents({}) == 500
    assert "0 entries wait" in log
