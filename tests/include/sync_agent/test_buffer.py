import sqlite3

import pytest

from cca.errors import SettingError
from cca.sync_agent import buffer_rows
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.values import Batch, Checkpoint, DeadLetter, Entry


def entry(number):
    return Entry("-a", "s", "-a/s.jsonl", b'{"n":%d}' % number, f"{number:032x}", "s", 0, number, 0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "buffer.db"


def test_plain_sqlite_shows_what_waits_and_how_far_files_were_read(path):
    with Buffer(path) as buffer:
        buffer.commit([Batch(Checkpoint(1, "/p/a.jsonl", "-a", "s", 42), [entry(1), entry(2)])])
        buffer.mark_delivered(buffer.pending(1, 1000))
    with sqlite3.connect(path) as plain:
        waiting = "SELECT COUNT(*) FROM pending_entries WHERE synced=0"
        assert plain.execute(waiting).fetchone() == (1,)
        newest = "SELECT project_id, created_at FROM pending_entries ORDER BY id DESC LIMIT 10"
        assert len(plain.execute(newest).fetchall()) == 2
        assert plain.execute("SELECT entry_json FROM pending_entries").fetchone() == ('{"n":1}',)
        assert plain.execute("SELECT * FROM file_positions").fetchone()[:2] == ("/p/a.jsonl", 42)
    plain.close()


def test_lines_and_position_are_stored_together_or_not_at_all(path):
    broken = Entry(None, "s", "f", b"{}", "id", "s", 0, 0, 0)
    with Buffer(path) as buffer:
        with pytest.raises(sqlite3.IntegrityError):
            buffer.commit([Batch(Checkpoint(1, "/p", "-a", "s", 9), [entry(1), broken])])
        assert buffer.pending_count() == 0
        assert buffer.checkpoints() == {}


def test_delivered_ever_outlives_the_rows(path, monkeypatch):
    monkeypatch.setattr(buffer_rows, "KEEP_DELIVERED", 3)
    with Buffer(path) as buffer:
        for start in range(0, 40, 10):
            batch = Batch(Checkpoint(1, "/p", "-a", "s"), [entry(start + n) for n in range(10)])
            buffer.commit([batch])
            buffer.mark_delivered(buffer.pending(100, 1 << 20))
        assert buffer.counter("delivered") == 40
        assert buffer.rows("SELECT COUNT(*) FROM pending_entries") == [(3,)]


def test_a_batch_is_bounded_by_bytes_but_never_empty(path):
    with Buffer(path) as buffer:
        entries = [entry(number) for number in range(5)]
        buffer.commit([Batch(Checkpoint(1, "/p", "-a", "s"), entries)])
        assert len(buffer.pending(100, 1)) == 1
        assert len(buffer.pending(100, 15)) == 2
        assert len(buffer.pending(3, 1000)) == 3


def test_a_file_gone_for_a_week_is_forgotten_and_one_that_came_back_is_not(path):
    with Buffer(path) as buffer:
        for number in (1, 2):
            buffer.commit([Batch(Checkpoint(number, f"/p{number}", "-a", "s"))])
        assert buffer.note_gone([1, 2]) == set()
        with buffer.transaction() as connection:
            connection.execute("UPDATE file_positions SET gone_since = '2020-01-01T00:00:00Z'")
        assert buffer.note_gone([1]) == {1}
        assert list(buffer.checkpoints()) == ["/p2"]


def test_a_buffer_of_a_newer_version_is_refused(path):
    with Buffer(path) as buffer:
        buffer.rows("PRAGMA user_version = 99")
    with pytest.raises(SettingError, match="version 99"):
        Buffer(path)


def test_nobody_else_may_read_the_buffer(path):
    with Buffer(path) as buffer:
        buffer.commit([Batch(Checkpoint(1, "/p", "-a", "s"), [entry(1)])])
        assert {file.stat().st_mode & 0o077 for file in path.parent.iterdir()} == {0}


def test_a_week_after_delivery_rows_go_and_those_that_wait_stay(path):
    with Buffer(path) as buffer:
        buffer.commit([Batch(Checkpoint(1, "/p", "-a", "s"), [entry(n) for n in range(4)])])
        buffer.mark_delivered(buffer.pending(2, 1000))
        with buffer.transaction() as connection:
            connection.execute("UPDATE pending_entries SET created_at = '2020-01-01T00:00:00Z'")
        buffer.tidy()
        rows = "SELECT source_offset, synced FROM pending_entries ORDER BY id"
        assert buffer.rows(rows) == [(1, 1), (2, 0), (3, 0)]
        assert buffer.newest_delivered().entry_id == entry(1).entry_id
        buffer.mark_delivered(buffer.pending(2, 1000))
        buffer.tidy()
        assert buffer.rows(rows) == [(3, 1)]


def test_a_status_line_pushes_out_no_transcript_as_the_newest_delivered(path, monkeypatch):
    monkeypatch.setattr(buffer_rows, "KEEP_DELIVERED", 3)
    recorded = [entry(number)._replace(stream="@limits/h/l") for number in range(1, 100)]
    with Buffer(path) as buffer:
        buffer.commit([Batch(Checkpoint(1, "/p", "-a", "s"), [entry(0), *recorded])], [])
        with buffer.transaction() as connection:
            connection.execute("UPDATE pending_entries SET created_at = '2020-01-01T00:00:00Z'")
        buffer.tidy()
        assert buffer.newest_delivered().entry_id == entry(0).entry_id
        buffer.commit([Batch(Checkpoint(1, "/p", "-a", "s"), recorded)])
        buffer.mark_delivered(buffer.pending(100, 1 << 20))
        assert buffer.newest_delivered().entry_id == entry(0).entry_id


def test_the_last_delivered_row_stays_while_a_backlog_waits(path, monkeypatch):
    monkeypatch.setattr(buffer_rows, "KEEP_DELIVERED", 3)
    long = entry(9)._replace(line=b'"' + b"x" * buffer_rows.KEEP_LINE_BYTES + b'"')
    with Buffer(path) as buffer:
        entries = [*map(entry, range(9)), long, *map(entry, range(10, 30))]
        buffer.commit([Batch(Checkpoint(1, "/p", "-a", "s"), entries)])
        buffer.mark_delivered(buffer.pending(10, 1 << 20))
        assert buffer.newest_delivered().entry_id == entry(8).entry_id
        assert buffer.pending_count() == 20
        buffer.mark_delivered(buffer.pending(10, 1 << 20))
        delivered = "SELECT source_offset FROM pending_entries WHERE synced = 1"
        assert buffer.rows(delivered) == [(19,)]


def test_the_file_shrinks_again_after_a_backlog(path, monkeypatch):
    monkeypatch.setattr(buffer_rows, "KEEP_DELIVERED", 0)
    long = Entry("-a", "s", "f", b'"' + b"x" * (1 << 20) + b'"', "id", "s", 0, 0, 0)
    with Buffer(path) as buffer:
        buffer.commit([Batch(Checkpoint(1, "/p", "-a", "s"), [long] * 24)])
        buffer.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        full = path.stat().st_size
        buffer.mark_delivered(buffer.pending(100, 1 << 30))
        buffer.tidy()
        assert path.stat().st_size < full / 10


def test_entries_past_the_buffer_are_counted_and_the_newest_shown(path):
    with Buffer(path) as buffer:
        entries = [entry(number) for number in range(200)]
        refused = DeadLetter("/p", entries[199], "too odd", 9, b"d")
        buffer.commit([Batch(Checkpoint(1, "/p", "-a", "s", 7), entries)], [refused])
        assert buffer.pending_count() == 0
        assert buffer.counter("delivered") == 199
        shown = "SELECT COUNT(*), MIN(synced), MAX(source_offset) FROM pending_entries"
        assert buffer.rows(shown) == [(50, 1, 198)]
        assert buffer.rows("SELECT reason FROM dead_letters") == [("too odd",)]
