"""A home and a backup of an old version open in this one: equal numbers, and nothing is lost.

Each part of the product that changes what is stored extends this test: put the new kind of data
into `old_home.make`, and what every version must say about it into `versions.ask`. A number that
a later version mends on purpose goes into a table here, with the reason.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from tests.upgrade import old_home
from tests.upgrade.new_home import NewHome, new_version
from tests.upgrade.old_home import OldHome, answer, prompt
from tests.upgrade.versions import KINDS_OF_USAGE, WORDS, Cca, Row, tables

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

# Fields that rightly differ from what the old version said, and why.
MENDED_IN_USAGE: Mapping[str, str] = {
    "p50_duration_ms": "a declined call's time is that of the person, so it no longer counts",
    "p95_duration_ms": "a declined call's time is that of the person, so it no longer counts",
}
# The list counts as gold does: a session's own entries, so copies in a fork count for the original.
_AS_GOLD = "a session's own entries, as in gold"
MENDED_IN_LISTS: Mapping[str, str] = dict.fromkeys(
    (
        "assistantMessages", "userMessages", "prompts", "toolCalls", "toolErrors", "entries",
        "startedAt", "endedAt", "branches", "tools", "failedTools", "models",
    ),
    _AS_GOLD,
)  # fmt: skip


def test_the_old_version_counted_what_the_demo_wrote(old: OldHome) -> None:
    """Otherwise the other tests would compare two versions of nothing."""
    assert_totals_are_true(old.said.usage["daily"], old.truth)
    assert_totals_are_true(old.iceberg_usage, old.truth)
    assert all(old.said.found.values())
    assert len(old.said.marks) == 3
    assert len(old.said.letters) == 1


def assert_totals_are_true(usage: Mapping[str, Any], truth: Mapping[str, Any]) -> None:
    for name, value in usage["totals"].items():
        assert Decimal(str(value)) == Decimal(str(truth["totals"][name])), name


@pytest.mark.parametrize("kind", KINDS_OF_USAGE)
def test_usage_says_what_the_old_version_said(old: OldHome, upgraded: NewHome, kind: str) -> None:
    before, after = old.said.usage[kind], upgraded.said.usage[kind]
    names = before["rows"][0].keys() - MENDED_IN_USAGE.keys()
    assert [picked(row, names) for row in after["rows"]] == [
        picked(row, names) for row in before["rows"]
    ]
    names = before["totals"].keys() - MENDED_IN_USAGE.keys()
    assert picked(after["totals"], names) == picked(before["totals"], names)


def picked(row: Row, names: Iterable[str]) -> Row:
    """The values that both versions must agree on; a later version may say more."""
    return {name: row[name] for name in names}


def test_iceberg_counts_what_the_old_version_counted(old: OldHome, upgraded: NewHome) -> None:
    settings = old.iceberg.model_copy(update={"mongo_uri": upgraded.uri})
    cca = new_version(settings)
    cca.run("pipeline")
    assert_totals_are_true(cca.json("usage", "daily"), old.truth)
    assert tables(settings.gold_path) == upgraded.tables


def test_every_entry_is_there_byte_for_byte(
    old: OldHome, upgraded: NewHome, restored: NewHome
) -> None:
    assert len(old.said.archive) > old.truth["totals"]["entries"]
    assert upgraded.said.archive == old.said.archive
    assert restored.said.archive == old.said.archive


def test_the_archive_stands_alone_and_is_compressed_better(upgraded: NewHome) -> None:
    with MongoClient[Row](upgraded.uri) as client:
        assert "setName" not in client.admin.command("hello")
        assert client.local.list_collection_names() == ["startup_log"]
        stats = client[upgraded.settings.mongo_db].command("collStats", "conversations")
        assert "block_compressor=zstd" in stats["wiredTiger"]["creationString"]


def test_the_upgraded_home_holds_what_a_new_home_of_this_version_holds(
    upgraded: NewHome, restored: NewHome
) -> None:
    """The old lake, raw tables, marts, lists and index were brought up to date by themselves."""
    assert upgraded.tables.keys() == restored.tables.keys()
    for name, table in restored.tables.items():
        assert upgraded.tables[name] == table, name
    assert upgraded.said.lists == restored.said.lists
    assert upgraded.said.found == restored.said.found
    assert upgraded.said.usage == restored.said.usage


def test_a_second_run_has_nothing_to_do(upgraded: NewHome) -> None:
    again = upgraded.cca.json("pipeline")
    assert again["extracted"]["documents"] == 0
    assert again["gold"] is None


def test_lists_show_the_sessions_as_before(old: OldHome, upgraded: NewHome) -> None:
    before, after = old.said.lists, upgraded.said.lists
    assert after.keys() == before.keys()
    for key, row in before.items():
        names = row.keys() - MENDED_IN_LISTS.keys()
        assert picked(after[key], names) == picked(row, names)


@pytest.mark.parametrize("word", WORDS)
def test_search_finds_what_the_old_version_found(
    old: OldHome, upgraded: NewHome, word: str
) -> None:
    assert upgraded.said.found[word] == old.said.found[word]


def test_stars_tags_and_notes_stay(old: OldHome, upgraded: NewHome, restored: NewHome) -> None:
    assert upgraded.said.marks == old.said.marks
    assert restored.said.marks == old.said.marks


def test_dead_letters_stay_with_their_bytes(
    old: OldHome, upgraded: NewHome, restored: NewHome
) -> None:
    for home in (upgraded, restored):
        assert home.said.letters == old.said.letters
        number = str(home.said.letters[0]["id"])
        assert "broken" in home.cca.run("dead-letters", "show", number)


def test_airflow_keeps_its_tables_and_logins(old: OldHome, upgraded: NewHome) -> None:
    home = upgraded.settings.airflow_home
    before = (home / "passwords.json").read_text()
    upgraded.cca.run("airflow", "prepare")
    assert (home / "passwords.json").read_text() == before
    with sqlite3.connect(home / "airflow.db") as connection:
        pools = {name for (name,) in connection.execute("select pool from slot_pool")}
    assert "duckdb_writer" in pools


def test_sync_continues_where_the_old_agent_stopped(old: OldHome, upgraded: NewHome) -> None:
    """Nothing that was delivered is sent again.

    What was said in a forgotten session before it was forgotten does not come back.
    """
    own = upgraded.settings.claude_dirs[0] / "-srv-own"
    for session in (old_home.WHOLE, old_home.GONE):
        with (own / f"{session}.jsonl").open("a") as transcript:
            transcript.write(prompt(session, 2, "A layer that came after the upgrade."))
    assert upgraded.cca.json("sync", "--once")["totals"]["stored"] == 1
    found = upgraded.cca.json("search", "project:-srv-own", "layer")["rows"]
    assert {row["entry_id"] for row in found} == {"000b-1", "000b-2"}


def test_an_agent_of_the_old_version_delivers_to_a_new_server(
    old: OldHome, upgraded: NewHome, tmp_path: Path
) -> None:
    session = "00000000-0000-4000-8000-00000000000d"
    transcript = tmp_path / "sample" / "projects" / "-srv-laptop" / f"{session}.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.write_text(prompt(session, 1, "From a laptop.") + answer(session, 2, 1000))
    settings = old_home.settings_of(tmp_path / "home", tmp_path / "sample", upgraded.uri)
    laptop = old.old(settings.model_copy(update={"cca_host": "laptop"}))

    run_old_agent(laptop)
    with transcript.open("a") as file:
        file.write(prompt(session, 3, "One more.") + answer(session, 4, 500))
    run_old_agent(laptop)
    upgraded.cca.run("pipeline")
    usage = upgraded.cca.json("usage", "daily", "--host", "laptop")["totals"]
    assert (usage["api_messages"], usage["input_tokens"], usage["output_tokens"]) == (2, 1500, 3000)


def run_old_agent(laptop: Cca) -> None:
    """As the old service file starts it, once."""
    command = [sys.executable, "-m", f"{old_home.PACKAGE}.sync_agent", "--once"]
    subprocess.run(command, env=dict(laptop.environment), cwd=laptop.folder, check=True)
