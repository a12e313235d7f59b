"""A copy of gold that failed is brought later, without a build and without a new gold file."""

from pathlib import Path

import pytest

from cca.errors import CcaError
from cca.gold import state
from cca.load import meta
from cca.load.warehouse import writing
from cca.pipeline import lacks_copy
from cca.publish.gold import publish_newest
from cca.settings import Settings


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    """A home whose marts were built once, with a Postgres that does not answer."""
    settings = Settings(
        _env_file=None, cca_home=tmp_path, gold_postgres_uri="postgresql://127.0.0.1:9/x"
    )
    settings.warehouse_path.parent.mkdir(parents=True)
    with writing(settings) as warehouse:
        warehouse.execute("create schema marts; create table marts.dim_hosts as select 'a' as host")
        meta.prepare(warehouse)
        meta.record_load(warehouse, meta.Load(1), 1, 0)
    build(settings)
    return settings


def build(settings: Settings) -> None:
    """Note a build as dbt does."""
    with writing(settings) as warehouse:
        warehouse.execute("insert into meta.builds values (1, now())")


def files(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.gold_dir.glob("gold-*.duckdb"))


def test_only_the_copy_is_tried_again_until_there_is_another_build(shop: Settings) -> None:
    for _ in range(2):
        with pytest.raises(CcaError):
            publish_newest(shop)
        assert files(shop) == ["gold-1.duckdb"]
        assert lacks_copy(shop)
    assert state.read(shop).built_at is not None
    build(shop)
    with pytest.raises(CcaError):
        publish_newest(shop)
    assert files(shop) == ["gold-1.duckdb", "gold-2.duckdb"]
    without = shop.model_copy(update={"gold_postgres_uri": ""})
    assert publish_newest(without) == shop.gold_path.resolve()
    assert not lacks_copy(without)


def test_a_gold_file_that_is_gone_is_published_again(shop: Settings) -> None:
    settings = shop.model_copy(update={"gold_postgres_uri": ""})
    publish_newest(settings).unlink()
    assert publish_newest(settings).exists()
