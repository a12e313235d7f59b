"""dbt runs in this process and leaves nothing behind in it."""

import os
from pathlib import Path

import duckdb
import pytest
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder

from cca.errors import WarehouseError
from cca.settings import Settings
from cca.transform.build import transform
from cca.transform.dbt import dbt_environment, target_dir, write_manifest
from cca.transform.nodes import NodeDone
from tests.dbt.rows import answer, build_settings, entry, write_raw


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return build_settings(tmp_path_factory.mktemp("transform"))


def test_without_a_warehouse_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="cca load"):
        transform(build_settings(tmp_path))


def test_an_empty_archive_builds_every_model_and_frees_the_file(settings: Settings) -> None:
    write_raw(settings, [], [])
    before = dict(os.environ)  # noqa: TID251
    seen: list[NodeDone] = []
    report = transform(settings, on_event=seen.append)
    assert dict(os.environ) == before  # noqa: TID251
    assert report.models >= 25
    assert report.tests > 70
    assert {node.name for node in report.nodes} == {node.name for node in seen}
    # Read-only is another configuration: DuckDB refuses it while a handle is left in the process.
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        schemas = warehouse.execute(
            "select distinct table_schema from information_schema.tables order by 1"
        ).fetchall()
        assert schemas == [("intermediate",), ("marts",), ("meta",), ("raw",), ("staging",)]
        assert warehouse.execute("select count(*) from marts.fct_api_messages").fetchall() == [(0,)]


def test_a_failing_test_is_named_in_the_error(settings: Settings) -> None:
    write_raw(settings, [entry("s", 0, _id="same"), answer("s", 1, "m", _id="same")], [])
    with pytest.raises(WarehouseError, match="unique_stg_conversations_document_id"):
        transform(settings, select="stg_conversations")


def test_only_the_selected_models_are_built(settings: Settings) -> None:
    write_raw(settings, [answer("s", 1, "m", input_tokens=1)], [])
    report = transform(settings, select="stg_api_usage int_session_origins", full_refresh=True)
    assert {node.name for node in report.nodes if node.kind == "model"} == {
        "stg_api_usage", "int_session_origins",
    }  # fmt: skip


def test_the_manifest_lists_every_model_for_airflow(settings: Settings) -> None:
    manifest = write_manifest(settings)
    assert manifest.parent == Path(dbt_environment(settings)["DBT_TARGET_PATH"])
    assert '"model.cca.fct_api_messages"' in manifest.read_text()


def test_the_next_run_can_read_what_this_one_parsed(settings: Settings) -> None:
    """Where it cannot, as after a number as a YAML key, dbt parses all again and says nothing."""
    write_manifest(settings)
    cache = target_dir(settings) / "partial_parse.msgpack"
    manifest = Manifest.from_msgpack(cache.read_bytes(), decoder=extended_mashumuro_decoder)
    assert "model.cca.fct_api_messages" in manifest.nodes
