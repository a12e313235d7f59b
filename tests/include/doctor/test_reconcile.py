"""The reconciliation sees every kind of difference and names the command that mends it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from pymongo.collection import Collection

from cca.cli import cca
from cca.doctor.checks import all_checks
from cca.doctor.reconcile import reconcile
from cca.extract.fetch import server_time
from cca.extract.run import extract
from cca.extract.window import Window
from cca.load.raw import load
from cca.load.warehouse import writing
from cca.pipeline import has_news
from cca.publish.gold import publish
from cca.settings import Settings, get_settings

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


def insert(collection: Collection[dict[str, Any]], number: int, **own: Any) -> None:
    collection.insert_one(
        {
            "_id": f"{number:032x}", "type": "user",
            "message": {"role": "user", "content": "hi"},
            "stream": "s1", "generation": 0, "sourceOffset": number, "projectId": "-srv-app",
            "sessionKey": "s1", "sourceFile": "-srv-app/s1.jsonl", "host": "laptop",
            "eventAt": START + timedelta(days=number), "ingestedAt": START, **own,
        }
    )  # fmt: skip


@pytest.fixture
def settings(
    settings: Settings, collection: Collection[dict[str, Any]], request: pytest.FixtureRequest
) -> Settings:
    """Everything in step: three entries, loaded, built and published."""
    for number in range(3):
        insert(collection, number)
    extract(settings, settings.mongo_uri, Window("full"))
    load(settings)
    with writing(settings) as warehouse:
        warehouse.execute("create schema marts")
        warehouse.execute("create table marts.fct_messages as from raw.conversations")
        warehouse.execute("insert into meta.builds select max(load_seq), now() from meta.loads")
    publish(settings)
    return settings


def found(settings: Settings) -> dict[str, str]:
    return {
        one.name: f"{one.detail}; {one.fix}"
        for one in reconcile(settings, settings.mongo_uri)
        if one.status != "ok"
    }


def test_stores_in_step_are_all_well_and_waiting_is_no_fault(
    settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    assert found(settings) == {}
    insert(collection, 9, ingestedAt=server_time(collection) + timedelta(hours=1))
    assert found(settings) == {}
    waiting = [one for one in reconcile(settings, settings.mongo_uri) if one.name == "waiting"]
    assert waiting[0].detail.startswith("1 documents")


def test_a_document_the_lake_lacks_is_named_by_its_date(
    settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    insert(collection, 5)
    problems = found(settings)
    assert "2026-11-06: 1 and 0" in problems["MongoDB = lake"]
    assert "--since 2026-11-06 --until 2026-11-07" in problems["MongoDB = lake"]


def test_raw_and_marts_that_are_behind_or_altered_are_seen(
    settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    insert(collection, 6)
    extract(settings, settings.mongo_uri, Window("full"))
    assert "lake = raw" in found(settings)
    load(settings)
    assert "cca transform" in found(settings)["raw = marts"]
    with writing(settings) as warehouse:
        warehouse.execute("delete from marts.fct_messages where source_offset = 1")
        warehouse.execute("insert into meta.builds select max(load_seq), now() from meta.loads")
    assert found(settings) == {"marts = gold": "fct_messages: 2 rows and 3; `cca publish`"}


def test_publish_promotes_the_load_that_dbt_built_not_a_newer_one(
    settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    assert not has_news(settings, load(settings))
    insert(collection, 7)
    extract(settings, settings.mongo_uri, Window("full"))
    # Another run loads between this run's dbt and its publish.
    assert load(settings).load_seq == 2
    publish(settings)
    assert has_news(settings, load(settings))


def test_plain_checks_find_what_is_wrong_and_the_command_ends_with_1(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_name = {one.name: one for one in all_checks(settings)}
    assert by_name["MongoDB"].status == "ok"
    assert by_name["gold"].detail == "gold-1.duckdb"
    assert by_name["lake"].detail == "parquet: 6 files, 6 rows"
    next(settings.lake_dir.rglob("*.parquet")).unlink()
    for name in ("cca_home", "mongo_uri", "mongo_db", "claude_dir"):
        monkeypatch.setenv(name.upper(), str(getattr(settings, name)))
    get_settings.cache_clear()
    try:
        result = CliRunner().invoke(cca, ["doctor", "--json"])
        shown = json.loads(result.output)
    finally:
        get_settings.cache_clear()
    assert result.exit_code == 1
    failed = [row for row in shown["rows"] if row["status"] == "fail"]
    assert [row["fix"] for row in failed] == ["`cca rebuild lake`"]
    assert shown["totals"]["fail"] == 1
