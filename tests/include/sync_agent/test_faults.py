"""What breaks around the agent: it says so in words, loses nothing, and goes on when it can."""

import json
import logging
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cca.errors import SettingError
from cca.settings import PROJECT_DIR
from cca.sync_agent.agent import sync_once
from cca.sync_agent.buffer import Buffer
from tests.helpers import eventually, free_port
from tests.include.sync_agent.agents import changed, health_of, running

NUMBERS = range(300)
SECRET = "sk-ant-api03-planted-in-a-test-0123456789"


def line(number, text="x"):
    return json.dumps({"type": "user", "uuid": f"u{number}", "text": text}).encode() + b"\n"


@pytest.fixture
def live(settings):
    return changed(settings, health_port=free_port(), sync_interval_ms=200)


def numbers_in(collection):
    return sorted(int(document["uuid"][1:]) for document in collection.find({}, {"uuid": 1}))


def test_a_full_disk_under_the_buffer_is_named_and_nothing_is_lost(
    live, transcript, collection, caplog
):
    """The limit of pages stands for the end of the disk: SQLite reports both alike."""
    transcript.write_bytes(b"".join(line(number, "x" * 2000) for number in NUMBERS))
    with Buffer(live.buffer_path) as buffer:
        pages = buffer.rows("PRAGMA page_count")[0][0]
    connect = sqlite3.connect

    def small(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", small)
        with running(live, live.mongo_uri):
            eventually(lambda: "SQLITE_PATH" in caplog.text and "full" in caplog.text)
            assert health_of(live)["status"] in ("ok", "degraded")
    with running(live, live.mongo_uri):
        eventually(lambda: collection.count_documents({}) == len(NUMBERS))
    assert numbers_in(collection) == list(NUMBERS)


def test_a_corrupt_buffer_is_set_aside_and_the_files_are_read_again(
    settings, transcript, collection, caplog
):
    transcript.write_bytes(b"".join(map(line, NUMBERS)))
    sync_once(settings, settings.mongo_uri)
    settings.buffer_path.write_bytes(b"this is no database" * 1000)
    report = sync_once(settings, settings.mongo_uri)
    assert (report.stored, report.duplicates) == (0, len(NUMBERS))
    assert "corrupt" in caplog.text
    (aside,) = settings.buffer_path.parent.glob("buffer.db.corrupt-*[0-9]")
    assert aside.read_bytes().startswith(b"this is no database")


def test_a_buffer_of_a_newer_cca_is_left_alone(settings, transcript):
    transcript.write_bytes(line(1))
    with Buffer(settings.buffer_path) as buffer:
        buffer.rows("PRAGMA user_version = 99")
    with pytest.raises(SettingError, match=r"SQLITE_PATH.*99.*update cca"):
        sync_once(settings, settings.mongo_uri)
    with sqlite3.connect(settings.buffer_path) as plain:
        assert plain.execute("PRAGMA user_version").fetchone() == (99,)
    plain.close()


UNPRIVILEGED = """
import os, sys
sys.path.insert(0, os.getcwd())
import cca.log, cca.sync_agent.agent as agent
from cca.settings import get_settings
settings = get_settings()
os.umask(0)
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
cca.log.configure()
agent.sync_once(settings, settings.mongo_uri)
"""


def test_an_unreadable_file_is_named_and_read_when_it_can_be(settings, collection):
    """Root may read any file, so the agent runs as nobody here."""
    with tempfile.TemporaryDirectory(prefix="cca-test-") as folder:
        root = Path(folder)
        root.chmod(0o777)
        there = changed(settings, claude_dir=str(root / "projects"), cca_home=root / "home")
        (root / "projects" / "-a").mkdir(parents=True)
        hidden = root / "projects" / "-a" / "hidden.jsonl"
        hidden.write_bytes(line(1))
        hidden.chmod(0)
        (hidden.parent / "good.jsonl").write_bytes(line(2))
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED],
            cwd=PROJECT_DIR,
            env={**there.as_environment(), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert numbers_in(collection) == [2]
        assert done.stderr.count(f"cannot read {hidden} (Permission denied)") == 1
        hidden.chmod(0o644)
        sync_once(there, there.mongo_uri)
    assert numbers_in(collection) == [1, 2]


def test_a_claude_dir_that_goes_and_comes_back_loses_nothing(live, transcript, collection, caplog):
    caplog.set_level(logging.INFO)
    transcript.write_bytes(b"".join(map(line, range(3))))
    root, away = live.claude_dirs[0], live.claude_dirs[0].with_name("away")
    with running(live, live.mongo_uri):
        eventually(lambda: collection.count_documents({}) == 3)
        root.rename(away)
        eventually(lambda: "waiting for it to appear" in caplog.text)
        with (away / "-srv-a" / transcript.name).open("ab") as file:
            file.write(line(3))
        away.rename(root)
        eventually(lambda: collection.count_documents({}) == 4)
        # A notification may bring the line before a scan has seen the folder again.
        eventually(lambda: f"{root} appeared" in caplog.text)
        shutil.rmtree(root)
        eventually(lambda: caplog.text.count("waiting for it to appear") == 2)
        transcript.parent.mkdir(parents=True)
        transcript.write_bytes(b"".join(map(line, range(5))))
        eventually(lambda: collection.count_documents({}) == 5)
    assert numbers_in(collection) == list(range(5))


def test_logs_hold_counts_and_never_contents(live, transcript, collection, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("pymongo").setLevel(logging.INFO)
    transcript.write_bytes(line(1, SECRET) + SECRET.encode() + b" no json\n" + line(2)[:-5])
    with running(live, live.mongo_uri):
        eventually(lambda: health_of(live).get("deadLetters") == 1)
        eventually(lambda: collection.count_documents({}) == 1)
        eventually(lambda: "delivered 1 entries" in caplog.text)
    assert SECRET not in caplog.text


def test_two_machines_write_into_one_archive(settings, transcript, tmp_path, collection):
    """Records of one session are one on both; what has no session id is told apart by host."""
    transcript.write_bytes(line(1))
    (transcript.parent / "notes.jsonl").write_bytes(line(2))
    for host in ("laptop", "desktop"):
        there = changed(settings, cca_host=host, cca_home=tmp_path / host)
        sync_once(there, settings.mongo_uri)
    found = sorted((d["uuid"], d["host"]) for d in collection.find({}, {"uuid": 1, "host": 1}))
    assert found == [("u1", "laptop"), ("u2", "desktop"), ("u2", "laptop")]
