"""Random histories against a model: whatever happens, MongoDB holds each record seen, once."""

import json
import os
import random
import shutil
import uuid
from collections import Counter
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pymongo.errors import AutoReconnect, BulkWriteError, PyMongoError

from cca.mongo import archive
from cca.settings import Settings
from cca.sync_agent import deliver as deliver_module
from cca.sync_agent import intake as intake_module
from cca.sync_agent import once, read
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.deliver import deliver_pending
from cca.sync_agent.intake import Intake

RECORDS = [
    b'{"type":"mode","mode":"plan"}\n',
    b'{"type":"mode","mode":"auto"}\n',
    b'{"type":"user","uuid":"u1"}\n',
    b'{"type":"user","uuid":"u2"}\n',
    b'{"type":"user","uuid":"u1","other":1}\n',
]
LINES = [*RECORDS, *RECORDS, b"no json\n", b"[1]\n", b'"text"\n', b"\xef\xbb\xbf\r\n"]
# What becomes of one sending: MongoDB refuses it, takes a part, or its reply is lost.
FATES = ["fine", "fine", "refuse", "part", "lose"]
# How often each event comes.
EVENTS = {
    "append": 4, "tear": 2, "write slowly": 2, "rewrite": 1, "edit": 1, "truncate": 1, "move": 1,
    "delete": 1, "other": 1, "clock": 1, "sync": 5, "kill": 5,
}  # fmt: skip


def steps_of(chance):
    """A history: what happens, in order, with its details."""
    for name in chance.choices([*EVENTS], [*EVENTS.values()], k=chance.randint(3, 14)):
        yield name, details(name, chance)


def details(name, chance):
    content = b"".join(chance.choices(LINES, k=chance.randint(1, 8)))
    way = chance.choice(["live", "once"])
    fates = chance.choices(FATES, k=chance.randint(0, 5))
    return {
        "append": content,
        "tear": (chance.choice(RECORDS), chance.randint(1, 20)),
        "write slowly": (chance.choice(RECORDS), chance.randint(1, 20), way),
        "rewrite": chance.choice([b"", content]),
        "edit": chance.randint(0, 7),
        "truncate": chance.randint(0, 200),
        "move": chance.choice(["-a", "-b"]),
        "other": chance.randint(0, 1),
        "clock": chance.randint(-1000, 1000),
        "sync": (content, way, fates),
        "kill": (content, way, fates, chance.randint(0, 25)),
    }.get(name)


class Killed(BaseException):
    """The agent dies here."""


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


def wanted_ids(content: bytes, session: str) -> set[str]:
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
        ids.add(blake2b(session.encode() + b"\0" + record + suffix, digest_size=16).hexdigest())
    return ids


def wanted_dead(content: bytes) -> set[bytes]:
    """Whole lines that hold no record."""
    lines = content.split(b"\n")[:-1]
    return {line for line in lines if line.strip(b"\xef\xbb\xbf\r") and not records_of(line)}


class Unreliable:
    """A collection whose sendings meet their fates; real in all else."""

    def __init__(self, collection, fates=()):
        self._collection = collection
        self._fates = iter(fates)

    def __getattr__(self, name):
        return getattr(self._collection, name)

    def with_options(self, **_):
        """The journal is not what is tested, and each wait for it costs milliseconds."""
        return self

    def insert_many(self, documents, **options):
        fate = next(self._fates, "fine")
        if fate == "refuse":
            raise AutoReconnect(fate)
        if fate == "fine":
            return self._collection.insert_many(documents, **options)
        documents = documents[: len(documents) // 2] if fate == "part" else documents
        with suppress(BulkWriteError):
            if documents:
                self._collection.insert_many(documents, **options)
        raise AutoReconnect(fate)


class Dying:
    """A connection whose process is killed after so many statements; nothing works after that."""

    def __init__(self, connection, statements):
        self._connection = connection
        self._left = statements

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def execute(self, *arguments):
        self._live()
        return self._connection.execute(*arguments)

    def executemany(self, *arguments):
        self._live()
        return self._connection.executemany(*arguments)

    def _live(self):
        self._left -= 1
        if self._left < 0:
            raise Killed


class World:
    """Transcripts, a buffer, an archive, and the ids that must have been seen."""

    def __init__(self, home, collection):
        self.settings = Settings(cca_home=home, batch_size=2, cca_host="host", _env_file=None)
        self.home = home
        self.collection = collection
        self.wanted: set[str] = set()
        self.dead: set[bytes] = set()
        self.now = 1_000_000
        self.sessions = [str(uuid.uuid4()) for _ in range(2)]
        for project in ("-a", "-b"):
            (home / "projects" / project).mkdir(parents=True)
        self.paths = [home / "projects" / "-a" / f"{session}.jsonl" for session in self.sessions]
        self.current = 0

    @property
    def path(self):
        return self.paths[self.current]

    def content(self, number=None) -> bytes:
        path = self.path if number is None else self.paths[number]
        return path.read_bytes() if path.exists() else b""

    def write(self, content: bytes) -> None:
        self.path.write_bytes(content)
        # The kernel's clock is too coarse to tell quick rewrites of one size apart.
        self.now += 1
        os.utime(self.path, (self.now, self.now))

    def see(self) -> None:
        """What a finished pass over the files must have brought in."""
        for number, session in enumerate(self.sessions):
            self.wanted |= wanted_ids(self.content(number), session)
            self.dead |= wanted_dead(self.content(number))

    def read(self, intake) -> None:
        for changed in self.turns(intake):
            for _ in intake.take(changed, with_tail=True):
                pass

    def turns(self, intake):
        """The files to read, again and again until none is left in its middle."""
        files = intake.scan([self.home / "projects"])
        changed = [f for f in files if intake.has_changed(f) or intake.has_open_tail(f)]
        for _ in range(500):
            if not changed:
                return
            yield changed
            changed = [f for f in files if intake.has_turn_left(f)]
        pytest.fail("reading does not come to an end")

    def pass_on(self, buffer, intake, collection) -> None:
        """The way of `--once`: past the buffer."""
        for changed in self.turns(intake):
            for _ in once._pass_on(intake, changed, buffer, collection, self.settings):
                pass
        self.send(buffer, collection)

    def send(self, buffer, collection) -> None:
        while deliver_pending(buffer, collection, self.settings).entries:
            pass

    def sync(self, way: str = "live", fates=(), dies_after: int | None = None) -> None:
        """One pass, perhaps cut short; then the files as they are are read in peace."""
        collection = Unreliable(self.collection, fates)
        with Buffer(self.home / "buffer.db") as buffer:
            if dies_after is not None:
                buffer._connection = Dying(buffer._connection, dies_after)
            with suppress(PyMongoError, Killed):
                intake = Intake(buffer, "host")
                if way == "once":
                    self.pass_on(buffer, intake, collection)
                else:
                    self.read(intake)
                    self.send(buffer, collection)
        with Buffer(self.home / "buffer.db") as buffer:
            self.read(Intake(buffer, "host"))
        self.see()

    def step(self, name: str, value) -> None:  # noqa: C901  (one case a kind of event)
        content = self.content()
        match name:
            case "append":
                self.write(content + value)
            case "tear":
                self.write(content + value[0][: value[1]])
            case "write slowly":
                record, cut, way = value
                self.write(content + record[:cut])
                self.sync(way)
                self.write(content + record)
            case "rewrite":
                self.write(value)
            case "edit":
                # One line changed in place: the size stays, what lies before the end may, too.
                self.write(content.replace(b'"u1"', b'"u%d"' % (value + 2), 1))
            case "truncate":
                self.write(content[:value])
            case "move" if self.path.exists():
                moved = self.home / "projects" / value / self.path.name
                self.path.rename(moved)
                self.paths[self.current] = moved
            case "delete":
                self.path.unlink(missing_ok=True)
            case "other":
                self.current = value
            case "clock":
                self.now += value * 1000
            case "sync" | "kill":
                self.write(content + value[0])
                self.sync(*value[1:])

    def end(self) -> None:
        self.sync()
        with Buffer(self.home / "buffer.db") as buffer:
            self.send(buffer, Unreliable(self.collection))
            dead = {row[0] for row in buffer.rows("SELECT raw FROM dead_letters")}
        found = self.collection.find({"sessionKey": {"$in": self.sessions}}, {"_id": 1})
        assert {document["_id"] for document in found} == self.wanted
        # A torn line beside others on its line may leave more behind.
        assert self.dead <= dead
        assert not any(json_object(raw) for raw in dead)


def json_object(raw: bytes) -> bool:
    try:
        return isinstance(json.loads(raw), dict)
    except ValueError:
        return False


@pytest.fixture
def small_blocks(monkeypatch):
    """Many commits, sendings and turns even over a few lines."""
    monkeypatch.setattr(intake_module, "BLOCK_LINES", 2)
    monkeypatch.setattr(read, "BLOCK_LINES", 2)
    monkeypatch.setattr(read, "TURN_BYTES", 90)
    monkeypatch.setattr(once, "_GROUP_BYTES", 60)
    monkeypatch.setattr(deliver_module, "BACKLOG_FACTOR", 2)


@pytest.fixture(scope="module")
def histories_collection(mongo_uri):
    settings = Settings(mongo_db=f"test_{uuid.uuid4().hex}", _env_file=None)
    with archive.connect(mongo_uri) as client:
        collection = archive.conversations(client, settings)
        collection.create_index("sessionKey")
        yield collection
        client.drop_database(settings.mongo_db)


def live_through(seed, collection, home) -> None:
    steps = list(steps_of(random.Random(seed)))
    world = World(home, collection)
    try:
        for name, value in steps:
            world.step(name, value)
        world.end()
    except AssertionError as error:
        error.add_note(f"history {seed}: {steps}")
        raise
    finally:
        shutil.rmtree(home)


@pytest.fixture
def homes(tmp_path):
    """In memory where there is such a folder: power does not fail in these histories."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_after_a_hundred_histories_mongodb_holds_each_record_once(
    small_blocks, histories_collection, homes
):
    for seed in range(100):
        live_through(seed, histories_collection, homes / str(seed))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_after_a_thousand_more_too(small_blocks, histories_collection, homes):
    for seed in range(100, 1100):
        live_through(seed, histories_collection, homes / str(seed))
