"""A mart that is no model any more leaves warehouse and gold; a table of a user's own stays."""

import json
from pathlib import Path

import pytest

from cca.gold import state
from cca.gold.open import reading_gold
from cca.load import meta
from cca.load.warehouse import writing
from cca.publish.gold import publish
from cca.publish.removed import tables_of
from cca.settings import Settings
from cca.transform.dbt import manifest_path


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    settings = Settings(cca_home=tmp_path, _env_file=None)
    with writing(settings) as warehouse:
        meta.prepare(warehouse)
        warehouse.execute("create schema marts")
        warehouse.execute("create table marts.agg_old as select 1 as n")
        warehouse.execute("create view marts.agg_view as select 2 as n")
        warehouse.execute("create table marts.my_own as select 3 as n")
    return settings


def write_project(settings: Settings, *models: str) -> None:
    """The manifest that dbt leaves of a project with these models, and one of another schema."""
    nodes = {
        f"model.cca.{name}": {"alias": name, "resource_type": "model", "schema": schema}
        for name, schema in [*((name, "marts") for name in models), ("my_own", "staging")]
    }
    manifest_path(settings).parent.mkdir(parents=True, exist_ok=True)
    manifest_path(settings).write_text(json.dumps({"nodes": nodes}))


def tables(settings: Settings) -> tuple[list[str], list[str]]:
    """The marts of the warehouse and of gold."""
    with writing(settings) as warehouse, reading_gold(settings) as gold:
        return list(tables_of(warehouse)), list(tables_of(gold))


def test_a_removed_mart_leaves_with_the_next_publish(home: Settings) -> None:
    write_project(home, "agg_old", "agg_view", "agg_kept")
    with writing(home) as warehouse:
        warehouse.execute("create table marts.agg_kept as select 4 as n")
    publish(home)
    assert state.read(home).tables == ("agg_kept", "agg_old", "agg_view")
    write_project(home, "agg_kept")
    publish(home)
    assert tables(home) == (["agg_kept", "my_own"], ["agg_kept", "my_own"])
    assert state.read(home).tables == ("agg_kept",)


def test_a_table_that_no_publish_took_for_a_model_is_never_dropped(home: Settings) -> None:
    write_project(home, "agg_old")
    for _ in range(2):
        publish(home)
    everything = ["agg_old", "agg_view", "my_own"]
    assert tables(home) == (everything, everything)


def test_a_project_that_was_not_parsed_yet_drops_and_forgets_nothing(home: Settings) -> None:
    write_project(home, "agg_old")
    publish(home)
    manifest_path(home).unlink()
    publish(home)
    assert "agg_old" in tables(home)[1]
    assert state.read(home).tables == ("agg_old",)
