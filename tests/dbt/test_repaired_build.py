"""A build counts once every model went well with the newest load, together or in turn."""

from pathlib import Path

import pytest

from cca.load import meta
from cca.load.warehouse import writing
from cca.settings import Settings
from cca.transform.build import transform
from cca.transform.nodes import BuildFailed
from tests.dbt.rows import build_settings, entry, write_raw


@pytest.fixture
def loaded(tmp_path: Path) -> Settings:
    settings = build_settings(tmp_path)
    write_raw(settings, [entry("s", 0, text="Hello")], [])
    with writing(settings) as warehouse:
        meta.record_load(warehouse, meta.Load(1), 1, 0)
    return settings


def built(settings: Settings) -> int:
    with writing(settings) as warehouse:
        return meta.newest_build(warehouse).load_seq


def test_a_failed_model_that_is_built_alone_completes_the_build(loaded: Settings) -> None:
    with writing(loaded) as warehouse:
        warehouse.execute("alter table raw.rejects rename to hidden")
    with pytest.raises(BuildFailed, match="agg_"):
        transform(loaded)
    assert built(loaded) == 0
    with writing(loaded) as warehouse:
        warehouse.execute("alter table raw.hidden rename to rejects")
    transform(loaded, select="source:raw.rejects+")
    assert built(loaded) == 1


def test_models_of_an_older_load_do_not_complete_a_build(loaded: Settings) -> None:
    transform(loaded)
    assert built(loaded) == 1
    with writing(loaded) as warehouse:
        meta.record_load(warehouse, meta.Load(2), 0, 0)
    transform(loaded, select="agg_rejects")
    assert built(loaded) == 1
