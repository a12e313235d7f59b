"""When a status line records: each session for itself, and only what changed."""

import json
import threading
from pathlib import Path

import pytest

from cca.home import SPOOL_NAME
from cca.selection import Selection
from cca.statusline.erase import clear_spool
from cca.statusline.payload import parse
from cca.statusline.spool import COST_SECONDS, record

NOW = 1_796_000_000.5


def told(payload) -> object:
    return parse(json.dumps(payload).encode())


def lines(home: Path) -> list[dict]:
    files = sorted((home / SPOOL_NAME).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    ("changes", "is_recorded"),
    [
        ({}, False),
        ({"five_hour": (41.04, 4_000_000_000)}, False),
        ({"five_hour": (41.1, 4_000_000_000)}, True),
        ({"five_hour": (41.0, 4_000_000_010)}, False),
        ({"five_hour": (41.0, 4_000_018_000)}, True),
        ({"seven_day": (64.0, 4_000_500_000)}, True),
        ({"seven_day": None}, True),
        ({"context_window": {"used_percentage": 43}}, True),
        ({"cost": {"total_cost_usd": 9}}, False),
        ({"model": {"id": "claude-haiku-5-5"}}, True),
        ({"session_id": ""}, False),
    ],
)
def test_a_line_is_written_when_a_value_changed(payload, tmp_path, changes, is_recorded):
    assert record(str(tmp_path), told(payload()), NOW)
    assert record(str(tmp_path), told(payload(**changes)), NOW + 1) is is_recorded
    assert len(lines(tmp_path)) == 1 + is_recorded


def test_the_cost_alone_is_recorded_once_a_minute(payload, tmp_path):
    record(str(tmp_path), told(payload()), NOW)
    dearer = told(payload(cost={"total_cost_usd": 2}))
    assert not record(str(tmp_path), dearer, NOW + COST_SECONDS - 2)
    assert record(str(tmp_path), dearer, NOW + COST_SECONDS + 1)
    assert not record(str(tmp_path), dearer, NOW + 3 * COST_SECONDS)


def test_an_idle_session_repeats_nothing(payload, tmp_path):
    busy, idle = told(payload(session_id="a")), told(payload(session_id="b"))
    further = told(payload(session_id="a", five_hour=(50.0, 4_000_000_000)))
    assert [record(str(tmp_path), each, NOW) for each in (busy, idle, further)] == [True] * 3
    assert not record(str(tmp_path), idle, NOW)
    assert not record(str(tmp_path), further, NOW)


def test_sessions_at_once_write_whole_lines(payload, tmp_path):
    def work(session: str) -> None:
        for number in range(40):
            told_now = told(payload(session_id=session, five_hour=(number, 4_000_000_000)))
            record(str(tmp_path), told_now, NOW)

    threads = [threading.Thread(target=work, args=(f"session-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(tmp_path)) == 160


def test_a_torn_or_foreign_line_is_no_obstacle(payload, tmp_path):
    record(str(tmp_path), told(payload()), NOW)
    (file,) = (tmp_path / SPOOL_NAME).glob("*.jsonl")
    session = json.loads(file.read_text())["sessionId"].encode()
    with file.open("ab") as opened:
        opened.write(b'[3, "' + session + b'"]\n{"sessionId":"' + session + b'"}\n{"' + session)
    assert not record(str(tmp_path), told(payload()), NOW)


def test_times_are_utc_with_milliseconds_and_months_have_files(payload, tmp_path):
    for at in (NOW, NOW + 40 * 86_400):
        record(str(tmp_path), told(payload()), at)
    assert [line["timestamp"] for line in lines(tmp_path)] == [
        "2026-11-30T00:53:20.500Z", "2027-01-09T00:53:20.500Z",
    ]  # fmt: skip


def test_what_is_erased_leaves_the_file(payload, tmp_path):
    for session, folder in (("a", "/srv/x"), ("b", "/srv/y"), ("c", "/srv/y")):
        where = {"workspace": {"project_dir": folder}}
        record(str(tmp_path), told(payload(session_id=session, **where)), NOW)
    assert clear_spool(tmp_path, Selection(session="a"), "laptop") == 1
    assert clear_spool(tmp_path, Selection(project="-srv-y", session="c"), "laptop") == 1
    assert clear_spool(tmp_path, Selection(host="desktop"), "laptop") == 0
    assert [line["sessionId"] for line in lines(tmp_path)] == ["b"]
