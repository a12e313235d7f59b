"""dbt's own tests that a pipeline's build leaves out: unit tests, and those tagged `ci`."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cca.settings import Settings
from cca.transform.build import transform
from cca.transform.dbt import CI_TAG, DBT_DIR, dbt_environment, target_dir
from cca.transform.nodes import TransformReport
from tests.dbt.rows import answer, block, build_settings, entry, write_raw

DBT = Path(sys.executable).with_name("dbt")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, TransformReport]:
    """A warehouse of two sessions that share an entry, and the report of its build."""
    settings = build_settings(tmp_path_factory.mktemp("dbt-tests"))
    prompt = {"uuid": "u-1", "text": "Fix it", "prompt_source": "typed"}
    reply = answer("first", 5, "m-1", uuid="u-2", output_tokens=5)
    call = block(reply, "tool_use", tool_use_id="t-1", tool_name="Bash")
    rows = [
        entry("first", 0, **prompt), reply, entry("fork", 0, **prompt),
        answer("fork", 9, "m-2", uuid="u-3", output_tokens=7),
    ]  # fmt: skip
    write_raw(settings, rows, [call])
    return settings, transform(settings)


def test_a_build_runs_no_unit_test(built: tuple[Settings, TransformReport]) -> None:
    kinds = Counter(node.kind for node in built[1].nodes)
    assert kinds["unit_test"] == 0
    assert kinds["test"] > 70


@pytest.mark.parametrize(("select", "least"), [("test_type:unit", 10), (f"tag:{CI_TAG}", 20)])
def test_what_a_build_leaves_out_passes(
    built: tuple[Settings, TransformReport], select: str, least: int
) -> None:
    settings, _ = built
    environment = dbt_environment(settings) | {"DBT_EXCLUDE_RESOURCE_TYPES": ""}
    done = subprocess.run(
        [str(DBT), "test", "--select", select],
        env=dict(os.environ) | environment,  # noqa: TID251
        cwd=DBT_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    results: list[dict[str, Any]] = json.loads(
        (target_dir(settings) / "run_results.json").read_text()
    )["results"]
    passed = [each for each in results if each["status"] == "pass"]
    assert len(passed) >= least


def test_every_mart_tests_what_it_promises(built: tuple[Settings, TransformReport]) -> None:
    """DuckDB enforces the constraints of tables; a view needs a test for them."""
    manifest = json.loads((target_dir(built[0]) / "manifest.json").read_text())
    tested = {
        (node["attached_node"], node["test_metadata"]["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node.get("test_metadata")
    }
    views = {
        name
        for name, node in manifest["nodes"].items()
        if node["config"]["materialized"].startswith("view") and "marts" in node["fqn"]
    }
    assert len(views) >= 7
    assert {name for name in views if (name, "not_null_constraints") not in tested} == set()
    assert [each["name"] for each in manifest["exposures"].values() if not each["url"]] == []


def test_no_model_compares_every_row_with_every_other(
    built: tuple[Settings, TransformReport],
) -> None:
    settings, report = built
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        # Few rows have plans of their own.
        warehouse.execute("set nested_loop_join_threshold = 0; set asof_loop_join_threshold = 0")
        compare = {
            node.name
            for node in report.nodes
            if node.kind == "model"
            and "BLOCKWISE_NL_JOIN"
            in warehouse.sql(f"explain (format json) {node.sql}").fetchall()[0][1]
        }
    # Its rows are models and prices, which stay few.
    assert compare == {"int_model_prices"}
