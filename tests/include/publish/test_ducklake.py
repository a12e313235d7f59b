"""Gold in a DuckLake: the same rows, one snapshot a publish, and equal rows not written again."""

import logging
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from cca.errors import ServiceDown, SettingError
from cca.extras import GOLD_DUCKLAKE
from cca.gold import state
from cca.publish import copies, ducklake
from cca.publish.copying import load_extension
from cca.publish.gold import publish
from cca.settings import Settings

needs_extension = pytest.mark.skipif(
    find_spec(GOLD_DUCKLAKE.package) is None, reason="install the extra gold-ducklake"
)
HOSTS = "select host, n from lake.marts.dim_hosts order by host"


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    """A warehouse with two marts, and a DuckLake whose catalog is a file."""
    settings = Settings(
        _env_file=None,
        cca_home=tmp_path,
        gold_ducklake_uri=f"ducklake:{tmp_path / 'lake.ducklake'}",
    )
    settings.warehouse_path.parent.mkdir(parents=True)
    change(
        settings,
        "create schema marts",
        "create table marts.dim_hosts as select 'a' as host, 1 as n union all select 'b', 2",
        "comment on column marts.dim_hosts.n is 'How many.'",
        "create table marts.dim_models as select 'm' as model",
    )
    return settings


def change(settings: Settings, *statements: str) -> None:
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        for statement in statements:
            warehouse.execute(statement)


def asked(settings: Settings, query: str) -> list[tuple[object, ...]]:
    """The rows that a reader of the DuckLake gets."""
    with duckdb.connect() as connection:
        load_extension(connection, GOLD_DUCKLAKE, "ducklake", "GOLD_DUCKLAKE_URI")
        connection.execute(f"attach '{settings.gold_ducklake_uri}' as lake (read_only)")
        return connection.execute(query).fetchall()


def test_the_message_says_how_to_get_a_missing_extension(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        ducklake, "GOLD_DUCKLAKE", type(GOLD_DUCKLAKE)("gold-ducklake", "no_such_wheel", "…")
    )
    # DuckDB looks for what it downloaded before in the home.
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = Settings(_env_file=None, gold_ducklake_uri="ducklake:/nowhere")
    with pytest.raises(SettingError, match=r"pip install .*\[gold-ducklake\]"):
        ducklake.copy_gold(settings, tmp_path / "gold-1.duckdb", {})


@needs_extension
def test_a_publish_copies_every_mart_with_what_it_means(shop: Settings) -> None:
    publish(shop)
    assert asked(shop, HOSTS) == [("a", 1), ("b", 2)]
    assert asked(shop, "select model from lake.marts.dim_models") == [("m",)]
    said = "select comment from duckdb_columns() where column_name = 'n'"
    assert asked(shop, said) == [("How many.",)]
    assert not copies.is_due(shop)


@needs_extension
def test_only_a_mart_that_changed_is_written_and_the_copy_before_can_be_read(
    shop: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    publish(shop)
    [(first,)] = asked(shop, "select max(snapshot_id) from ducklake_snapshots('lake')")
    change(shop, "update marts.dim_hosts set n = 5 where host = 'b'")
    with caplog.at_level(logging.INFO, "cca.publish.ducklake"):
        publish(shop)
    said = [record.message for record in caplog.records if record.name == ducklake.__name__]
    assert said == ["copied 2 tables of gold-2.duckdb to DuckLake, 1 changed"]
    assert asked(shop, HOSTS) == [("a", 1), ("b", 5)]
    past = HOSTS.replace("dim_hosts", f"dim_hosts at (version => {first})")
    assert asked(shop, past) == [("a", 1), ("b", 2)]


@needs_extension
def test_a_mart_of_another_shape_is_made_again_and_one_that_is_gone_leaves(shop: Settings) -> None:
    publish(shop)
    with duckdb.connect() as reader:
        load_extension(reader, GOLD_DUCKLAKE, "ducklake", "GOLD_DUCKLAKE_URI")
        reader.execute(f"attach '{shop.gold_ducklake_uri}' as lake")
        reader.execute("create table lake.marts.theirs as select 1 as n")
    change(
        shop,
        "alter table marts.dim_hosts add column mood varchar default 'good'",
        "drop table marts.dim_models",
    )
    publish(shop)
    assert asked(shop, "select distinct mood from lake.marts.dim_hosts") == [("good",)]
    tables = "select table_name from duckdb_tables() where database_name = 'lake' order by 1"
    assert asked(shop, tables) == [("dim_hosts",), ("theirs",)]


@needs_extension
def test_a_copy_that_failed_is_due_until_it_is_there_and_keeps_the_address(shop: Settings) -> None:
    catalog = Path(shop.gold_ducklake_uri.removeprefix("ducklake:"))
    catalog.mkdir()
    with pytest.raises(ServiceDown, match="is published, but was not copied") as raised:
        publish(shop)
    assert str(catalog) not in str(raised.value)
    assert shop.gold_path.exists()
    assert copies.is_due(shop)
    catalog.rmdir()
    publish(shop)
    assert not copies.is_due(shop)
    assert asked(shop, HOSTS) == [("a", 1), ("b", 2)]


@needs_extension
def test_nothing_that_was_deleted_can_be_read_after_an_erasure(shop: Settings) -> None:
    publish(shop)
    change(shop, "delete from marts.dim_hosts where host = 'b'")
    publish(shop)
    ducklake.forget_past(shop)
    assert asked(shop, HOSTS) == [("a", 1)]
    assert asked(shop, "select count(*) from ducklake_snapshots('lake')") == [(1,)]
    files = list(shop.cca_home.glob("lake.ducklake.files/**/*.parquet"))
    held = [duckdb.read_parquet(str(file)).fetchall() for file in files]
    assert not [rows for rows in held if ("b", 2) in rows]


@needs_extension
def test_a_copy_elsewhere_that_fails_keeps_the_ducklake_from_nothing(shop: Settings) -> None:
    both = shop.model_copy(update={"gold_postgres_uri": "postgresql://127.0.0.1:9/x"})
    with pytest.raises((ServiceDown, SettingError)):
        publish(both)
    assert asked(shop, HOSTS) == [("a", 1), ("b", 2)]
    assert state.read(shop).ducklake_copy
    assert copies.is_due(both)
    assert not copies.is_due(shop)
