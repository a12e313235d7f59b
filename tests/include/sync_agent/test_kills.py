"""Agent and MongoDB are killed again and again while a writer appends: nothing lost or doubled."""

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from cca.mongo import archive
from cca.settings import PROJECT_DIR
from tests.helpers import eventually, free_port
from tests.include.sync_agent.agents import changed

LINES_PER_SECOND = 500
FILES = 5


class Writer(threading.Thread):
    """Appends numbered lines to some files at a steady pace, torn ones among them."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder = folder
        self.written = 0
        self.stopping = threading.Event()

    def run(self):
        tick, chance = 0.02, random.Random(1)
        while not self.stopping.wait(tick):
            for _ in range(int(LINES_PER_SECOND * tick)):
                self.append(chance.random())
                self.written += 1

    def append(self, chance):
        number = self.written
        entry = {"type": "user", "uuid": f"u{number}", "number": number}
        if number % 7 == 0:
            # No uuid: these are told apart by how often they came.
            entry = {"type": "mode", "mode": "plan"}
        line = json.dumps(entry).encode() + b"\n"
        cut = int(len(line) * chance) if chance < 0.1 else 0
        name = f"{number % FILES:08}-0000-4000-8000-0000000000ad.jsonl"
        with (self.folder / name).open("ab", buffering=0) as file:
            file.write(line[:cut])
            file.write(line[cut:])


def kill_for(seconds, settings, server, folder):
    """The agent dies about every second, MongoDB about every four."""
    chance = random.Random(2)
    environment = {
        **settings.as_environment(),
        "MONGO_URI": server.uri,
        "PATH": "/usr/bin:/bin",
    }
    command = [sys.executable, "-m", "cca.sync_agent"]
    writer, kills = Writer(folder), Counter()
    writer.start()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        agent = subprocess.Popen(
            command, cwd=PROJECT_DIR, env=environment, stderr=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.7, 2.0))
        if chance.random() < 0.3:
            server.kill()
            kills["mongod"] += 1
            time.sleep(chance.uniform(0, 0.5))
            server.start()
        kills["agent"] += agent.poll() is None
        agent.kill()
        agent.wait()
    writer.stopping.set()
    writer.join()
    server.wait()
    return writer.written, kills


def check(seconds, settings, transcript, own_mongod):
    server = own_mongod()
    settings = changed(settings, health_port=free_port(), sync_interval_ms=200)
    written, kills = kill_for(seconds, settings, server, transcript.parent)
    assert kills["agent"] > 1
    assert kills["mongod"] > 0
    once = [sys.executable, "-m", "cca.sync_agent", "--once"]
    environment = {**settings.as_environment(), "MONGO_URI": server.uri, "PATH": "/usr/bin:/bin"}
    eventually(
        lambda: subprocess.run(once, cwd=PROJECT_DIR, env=environment, check=False).returncode == 0,
        seconds=60,
    )
    with archive.connect(server.uri) as client:
        collection = archive.conversations(client, settings)
        numbers = [d["number"] for d in collection.find({"type": "user"}, {"number": 1})]
        modes = collection.count_documents({"type": "mode"})
    assert sorted(numbers) == [number for number in range(written) if number % 7]
    assert modes == written - len(numbers)


def test_kills_of_agent_and_mongodb_lose_and_double_nothing(settings, transcript, own_mongod):
    check(6, settings, transcript, own_mongod)


@pytest.mark.long
@pytest.mark.timeout(400)
def test_kills_for_two_minutes_too(settings, transcript, own_mongod):
    check(120, settings, transcript, own_mongod)
