"""A disk that is really full, and a buffer that may take no more."""

import json
import os
import subprocess
import sys
import time

import pytest

from cca.settings import PROJECT_DIR
from cca.sync_agent import agent
from cca.sync_agent.agent import sync_once
from cca.sync_agent.buffer import Buffer
from tests.helpers import eventually, free_port
from tests.include.sync_agent.agents import changed, health_of, running

COUNT = 3000
DISK_KB = 40 << 10
# A file system of its own that only this process sees; what fills it goes when told.
ON_A_SMALL_DISK = """
mount -t tmpfs -o size=40m,mode=700 tmpfs "$CCA_HOME" || exit 77
dd if=/dev/zero of="$CCA_HOME/ballast" bs=1024 count="$BALLAST_KB" 2>/dev/null
"$@" &
agent=$!
trap 'kill $agent' TERM
while [ ! -e "$RELEASE" ] && kill -0 $agent 2>/dev/null; do sleep 0.1; done
rm -f "$CCA_HOME/ballast"
wait $agent
code=$?
kill -0 $agent 2>/dev/null && { wait $agent; code=$?; }
exit $code
"""


def line(number):
    return json.dumps({"type": "user", "uuid": f"u{number}", "text": "x" * 2000}).encode() + b"\n"


@pytest.fixture
def written(transcript):
    transcript.write_bytes(b"".join(map(line, range(COUNT))))


@pytest.fixture
def on_a_small_disk(settings, tmp_path):
    """Starts a program whose CCA_HOME is 40 MB large and taken by a ballast."""
    root = "" if os.geteuid() == 0 else "--map-root-user"
    unshare = ["unshare", "--mount", *([root] if root else [])]
    settings.cca_home.mkdir()
    home = str(settings.cca_home)
    probe = subprocess.run(
        [*unshare, "mount", "-t", "tmpfs", "tmpfs", home],
        capture_output=True,
        text=True,
        check=False,
    )
    if probe.returncode:
        pytest.skip(f"no file system of its own can be mounted here: {probe.stderr.strip()}")
    started = []

    def start(*arguments, ballast_kb):
        extra = {"BALLAST_KB": str(ballast_kb), "RELEASE": str(tmp_path / "release")}
        process = subprocess.Popen(
            [*unshare, "sh", "-c", ON_A_SMALL_DISK, "sh", sys.executable, *arguments],
            cwd=PROJECT_DIR,
            env={**settings.as_environment(), **extra, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(20)


@pytest.mark.parametrize("free_kb", [0, 200])
def test_a_pass_over_everything_says_that_the_disk_is_full(
    on_a_small_disk, written, settings, collection, free_kb
):
    """Before the buffer is made, or while it is written: one sentence; the next run ends it."""
    command = ("-m", "cca.sync_agent", "--once")
    process = on_a_small_disk(*command, ballast_kb=DISK_KB - free_kb)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "SQLITE_PATH" in said
    assert "Traceback" not in said
    sync_once(settings, settings.mongo_uri)
    assert collection.count_documents({}) == COUNT


def test_a_search_that_finds_no_room_for_its_index_says_so(on_a_small_disk, written, settings):
    sync_once(settings, settings.mongo_uri)
    process = on_a_small_disk("-m", "cca", "search", "word", ballast_kb=DISK_KB)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the disk is full" in said
    assert "Traceback" not in said


def test_a_running_agent_on_a_full_disk_goes_on_when_there_is_space(
    on_a_small_disk, written, settings, collection, tmp_path
):
    process = on_a_small_disk("-m", "cca.sync_agent", ballast_kb=DISK_KB - 800)
    said = ""
    while "cannot be written" not in said:
        said = process.stderr.readline()
        assert said, "it ended without a word about the disk"
    assert "full" in said
    assert "SQLITE_PATH" in said
    assert process.poll() is None
    (tmp_path / "release").touch()
    eventually(lambda: collection.count_documents({}) == COUNT, seconds=60)
    process.terminate()
    rest = process.communicate(timeout=30)[1]
    assert "can be written again" in rest


def test_reading_waits_while_the_buffer_is_full_and_the_files_keep_the_rest(
    settings, written, collection, monkeypatch
):
    """The cap is a gigabyte; a small one shows the same without one."""
    cap = 2 << 20
    monkeypatch.setattr(agent, "BUFFER_BYTES", cap)
    live = changed(settings, health_port=free_port(), sync_interval_ms=200)
    nowhere = f"mongodb://127.0.0.1:{free_port()}/?directConnection=true"
    with running(live, nowhere):
        eventually(lambda: health_of(live)["pending"] > 0)
        time.sleep(1)
        waiting = health_of(live)["pending"]
        assert 0 < waiting < COUNT
    with Buffer(live.buffer_path) as buffer:
        assert cap < buffer.used_bytes() < 2 * cap + (1 << 20)
        (point,) = buffer.checkpoints().values()
        assert point.position == sum(len(line(n)) for n in range(waiting))
    with running(live, settings.mongo_uri):
        eventually(lambda: collection.count_documents({}) == COUNT)
