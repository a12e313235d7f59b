"""Random histories of a file against a model: whatever happens to it, each record once."""

import json
import os
from collections import Counter
from hashlib import blake2b
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from include.sync_agent import intake as intake_module
from include.sync_agent import read
from include.sync_agent.buffer import Buffer
from include.sync_agent.intake import Intake

SESSION = "00000000-0000-4000-8000-0000000000ad"

RECORDS = st.sampled_from(
    [
        b'{"type":"mode","mode":"plan"}\n',
        b'{"type":"mode","mode":"auto"}\n',
        b'{"type":"user","uuid":"u1"}\n',
        b'{"type":"user","uuid":"u2"}\n',
        b'{"type":"user","uuid":"u1","other":1}\n',
    ]
)
LINES = RECORDS | st.just(b"\xef\xbb\xbf\r\n")
CONTENT = st.lists(LINES, max_size=8).map(b"".join)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), CONTENT),
        st.tuples(st.just("tear"), st.tuples(RECORDS, st.integers(1, 20))),
        st.tuples(st.just("rewrite"), CONTENT),
        st.tuples(st.just("truncate"), st.integers(0, 200)),
        st.tuples(st.just("move"), st.sampled_from(["-a", "-b"])),
        st.tuples(st.just("sync"), st.none()),
        st.tuples(st.just("crash"), st.integers(0, 4)),
    ),
    max_size=14,
)


def records_of(line: bytes) -> list[bytes]:
    """The whole records of a line; after a torn one, the next that looks like an entry."""
    text, position, found, is_torn = line.decode("latin-1"), 0, [], False
    while position < len(text):
        try:
            entry, end = json.JSONDecoder().raw_decode(text, position)
        except ValueError:
            entry, end = None, position
        if isinstance(entry, dict) and (not is_torn or "uuid" in entry):
            found.append(text[position:end].encode("latin-1"))
            position, is_torn = end, False
        else:
            blank = next((b for b in ("\xef\xbb\xbf", "\r") if text.startswith(b, position)), "")
            is_torn = is_torn or not blank
            position += len(blank) or 1
    return found


def wanted_ids(content: bytes) -> set[str]:
    """The ids of a file's records, by the words of the contract rather than by our code."""
    ids, seen = set(), Counter()
    lines = content.split(b"\n")
    records = [record for line in lines[:-1] for record in records_of(line)]
    # A last line without newline counts when it is one whole record.
    if len(last := records_of(lines[-1])) == 1 and last[0] == lines[-1]:
        records += last
    for record in records:
        repeat = 0 if "uuid" in json.loads(record) else seen[record]
        seen[record] += 1
        suffix = b"\0%d" % repeat if repeat else b""
        ids.add(blake2b(SESSION.encode() + b"\0" + record + suffix, digest_size=16).hexdigest())
    return ids


class World:
    """A transcript, a buffer, and the ids that must have been seen."""

    def __init__(self, home):
        self.home = home
        self.wanted: set[str] = set()
        self.clock = count(1)
        self.path = home / "projects" / "-a" / f"{SESSION}.jsonl"
        for project in ("-a", "-b"):
            (home / "projects" / project).mkdir(parents=True)
        self.path.touch()

    def write(self, content: bytes) -> None:
        self.path.write_bytes(content)
        # The kernel's clock is too coarse to tell quick rewrites of one size apart.
        os.utime(self.path, (at := next(self.clock), at))

    def take(self, commits: int | None = None, *, with_tail: bool = True) -> None:
        """One pass; after so many commits the agent dies."""
        with Buffer(self.home / "buffer.db") as buffer:
            intake = Intake(buffer, "host")
            files = intake.scan([self.home / "projects"])
            while changed := [f for f in files if intake.has_changed(f) or intake.has_open_tail(f)]:
                for _ in intake.take(changed, with_tail=with_tail):
                    if commits is not None and (commits := commits - 1) < 0:
                        return
                if not any(map(intake.has_turn_left, files)):
                    break

    def sync(self) -> None:
        self.take()
        self.wanted |= wanted_ids(self.path.read_bytes())

    def ids(self) -> set[str]:
        with Buffer(self.home / "buffer.db") as buffer:
            return {entry.entry_id for entry in buffer.pending(100_000, 1 << 30)}

    def step(self, name: str, value) -> None:
        content = self.path.read_bytes()
        match name:
            case "append":
                self.write(content + value)
            case "tear":
                self.write(content + value[0][: value[1]])
            case "rewrite":
                self.write(value)
            case "truncate":
                self.write(content[:value])
            case "move":
                moved = self.home / "projects" / value / self.path.name
                self.path.rename(moved)
                self.path = moved
            case "sync":
                self.sync()
            case "crash":
                self.take(value)
                # What it saw before it died counts only where the file stays as it is.
                self.sync()


@pytest.fixture
def small_blocks(monkeypatch):
    """Many commits and turns even over a few lines."""
    monkeypatch.setattr(intake_module, "BLOCK_LINES", 2)
    monkeypatch.setattr(read, "BLOCK_LINES", 2)
    monkeypatch.setattr(read, "TURN_BYTES", 90)


@given(steps=STEPS)
@hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_after_any_history_each_record_is_there_once(steps, small_blocks, tmp_path_factory):
    world = World(tmp_path_factory.mktemp("world"))
    for name, value in steps:
        world.step(name, value)
        if name in ("append", "tear", "rewrite") and len(steps) % 2:
            world.sync()
    world.sync()
    assert world.ids() == world.wanted
