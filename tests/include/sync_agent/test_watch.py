import logging
import time
from pathlib import Path

import pytest

from cca.sync_agent import identity
from cca.sync_agent.agent import _SCAN_SHARE
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.intake import Intake
from cca.sync_agent.watch import FileEvents, filesystem_of, must_poll
from tests.helpers import eventually, free_port
from tests.include.sync_agent.agents import changed, line, running

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /home rw,relatime shared:20 - nfs4 server:/home rw
41 40 8:2 / /home/me/local rw,relatime - btrfs /dev/sdb rw
42 22 0:36 / /mnt/my\\040share rw - cifs //nas/share rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/etc", "ext4"),
        ("/home/me/.claude/projects", "nfs4"),
        ("/home/me/local/projects", "btrfs"),
        ("/mnt/my share/projects", "cifs"),
        ("/homes", "ext4"),
    ],
)
def test_the_nearest_mount_says_where_a_folder_lies(path, kind):
    assert filesystem_of(Path(path), MOUNTS) == kind


def test_polling_is_a_setting_and_else_detected(tmp_path):
    assert must_poll("poll", [tmp_path])
    assert not must_poll("notify", [tmp_path])
    assert not must_poll("auto", [tmp_path])


def test_a_replaced_folder_is_watched_again_where_watching_it_had_failed(tmp_path):
    root = tmp_path / "projects"
    with FileEvents() as hints:
        hints._schedule(root, 1)  # There is no such folder, which the observer refuses.
        root.mkdir()
        hints.follow([root])
        (root / "new.jsonl").write_bytes(b"{}\n")
        eventually(lambda: root / "new.jsonl" in hints.wait(0.2))


def test_without_notifications_lines_arrive_within_moments(
    settings, transcript, collection, caplog
):
    """Scans alone, also with an interval that would make notifications the only quick way."""
    live = changed(settings, health_port=free_port(), sync_interval_ms=20_000, watch_mode="poll")
    transcript.write_bytes(line(1))
    with running(live, live.mongo_uri):
        eventually(lambda: collection.count_documents({}) == 1)
        started = time.monotonic()
        with transcript.open("ab") as file:
            file.write(line(2))
        eventually(lambda: collection.count_documents({}) == 2)
        assert time.monotonic() - started < 10


def test_scans_take_a_hundredth_of_the_time_at_most():
    assert _SCAN_SHARE <= 0.01


def test_an_edit_far_before_the_end_is_found_by_the_sweep(
    settings, transcript, sync, collection, monkeypatch, caplog
):
    """Edited and grown between two looks: neither the marker nor the size can tell."""
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(identity, "PROVE_BYTES", 0)
    transcript.write_bytes(b"".join(map(line, range(100))))
    sync()
    content = transcript.read_bytes().replace(b'"u3"', b'"uX"', 1)
    transcript.write_bytes(content + line(100))
    sync()
    assert collection.count_documents({"uuid": "uX"}) == 0
    with Buffer(settings.buffer_path) as buffer:
        intake = Intake(buffer, "test-host")
        while intake.sweep(1):
            pass
        assert "edited before its end" in caplog.text
        for _ in intake.take(intake.scan(settings.claude_dirs), with_tail=True):
            pass
    sync()
    assert collection.count_documents({"uuid": "uX"}) == 1
    assert collection.count_documents({}) == 102


def test_an_edit_before_an_append_is_noticed_at_once_in_a_file_of_usual_size(
    transcript, sync, collection
):
    transcript.write_bytes(b"".join(map(line, range(100))))
    sync()
    content = transcript.read_bytes().replace(b'"u3"', b'"uX"', 1)
    transcript.write_bytes(content + line(100))
    sync()
    assert collection.count_documents({"uuid": "uX"}) == 1
