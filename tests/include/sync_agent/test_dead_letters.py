import json

import pytest
from click.testing import CliRunner

from cca.cli.dead_letters import dead_letters
from cca.errors import NotFound
from cca.settings import get_settings
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.dead_letters import find_letter, list_letters, retry_letters


@pytest.fixture
def cli(settings, monkeypatch):
    """Run `cca dead-letters …` on the buffer of `settings`."""
    monkeypatch.setenv("CCA_HOME", str(settings.cca_home))
    monkeypatch.delenv("SQLITE_PATH", raising=False)
    get_settings.cache_clear()
    yield lambda *words: CliRunner().invoke(dead_letters, words, catch_exceptions=False)
    get_settings.cache_clear()


@pytest.fixture
def poisoned(transcript, sync):
    transcript.write_bytes(b'{"type":"a"}\nno\x1b[31m\xff\n[]\n')
    assert sync().dead_letters == 2


def test_before_the_first_sync_there_are_none(cli):
    assert json.loads(cli("list", "--json").output) == {
        "rows": [],
        "totals": {"dead_letters": 0, "raw_bytes": 0},
    }


def test_a_dead_letter_is_listed_shown_and_exported_with_its_bytes(cli, poisoned):
    rows = json.loads(cli("list", "--json").output)["rows"]
    assert [(row["source_offset"], row["raw_bytes"]) for row in rows] == [(13, 8), (22, 2)]
    assert rows[1]["reason"] == "not an object but an array"
    shown = cli("show", str(rows[0]["id"])).output
    assert r"b'no\x1b[31m\xff'" in shown
    exported = [json.loads(line) for line in cli("export").output.splitlines()]
    assert exported[1]["raw_base64"] == "W10="


def test_what_is_still_broken_stays_after_a_retry(cli, poisoned):
    assert json.loads(cli("retry", "--json").output)["totals"] == {"retried": 0, "left": 2}


def test_what_can_be_read_now_goes_to_mongodb(settings, poisoned, sync, stored):
    """As after an update that understands what an older agent did not."""
    letter = list_letters(settings.buffer_path)[1]
    with Buffer(settings.buffer_path) as buffer, buffer.transaction() as connection:
        connection.execute(
            "UPDATE dead_letters SET raw = ?, raw_bytes = 12 WHERE id = ?",
            (b'{"type":"b"}', letter.id),
        )
    assert retry_letters(settings.buffer_path, frozenset({letter.id})).retried == 1
    assert sync().stored == 1
    assert [entry["type"] for entry in stored()] == ["a", "b"]
    assert len(list_letters(settings.buffer_path)) == 1


def test_an_unknown_number_is_said_to_be_unknown(settings, poisoned):
    with pytest.raises(NotFound, match="dead letter 99"):
        find_letter(settings.buffer_path, 99)
