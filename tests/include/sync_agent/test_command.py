import json

import pytest
from click.testing import CliRunner

from cca.cli.sync import sync
from cca.settings import get_settings


@pytest.fixture
def cli(settings, collection, monkeypatch):
    for name in ("cca_home", "claude_dir", "mongo_uri", "mongo_db"):
        monkeypatch.setenv(name.upper(), str(getattr(settings, name)))
    monkeypatch.delenv("SQLITE_PATH", raising=False)
    get_settings.cache_clear()
    yield lambda *words: CliRunner().invoke(sync, words, catch_exceptions=False)
    get_settings.cache_clear()


def test_once_prints_what_it_did(cli, transcript):
    transcript.write_bytes(b'{"type":"a"}\n{"type":"b"}\noops\n')
    first = cli("--once")
    assert first.exit_code == 0
    assert "1 files, 2 new records: 2 stored, 0 already there, 1 dead letters" in first.output
    again = json.loads(cli("--once", "--json").stdout)
    assert again["totals"] == {
        "files": 1, "records": 0, "stored": 0, "duplicates": 0, "dead_letters": 0, "pending": 0,
    }  # fmt: skip


def test_json_without_once_is_a_usage_error(cli):
    assert cli("--json").exit_code == 2
