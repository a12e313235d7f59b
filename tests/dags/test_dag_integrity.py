"""What every DAG of ours keeps to; the bag is read as Airflow reads it."""

from pathlib import Path
from typing import Any

import pytest

from cca.settings import PROJECT_DIR

READ_THE_BAG = """
import sys
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
bag = DagBag()
found = {
    "errors": {str(path): error for path, error in bag.import_errors.items()},
    "imported": sorted({name.split(".")[0] for name in set(sys.modules) - before}),
    "dags": {
        dag.dag_id: {
            "file": dag.fileloc,
            "doc": dag.doc_md or "",
            "description": dag.description or "",
            "tags": sorted(dag.tags),
            "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "alerts": bool(dag.on_failure_callback),
            "params": {
                name: {"title": dag.params.get_param(name).schema.get("title"),
                       "description": dag.params.get_param(name).description}
                for name in dag.params
            },
            "tasks": {
                task.task_id: {"owner": task.owner, "retries": task.retries, "pool": task.pool,
                               "outlets": [each.name for each in task.outlets],
                               "inlets": [each.name for each in task.inlets],
                               "upstream": sorted(task.upstream_task_ids),
                               "timeout": bool(task.execution_timeout),
                               "operator": task.task_type}
                for task in dag.tasks
            },
        }
        for dag in bag.dags.values()
    },
}
"""

START_THE_EXECUTOR = """
import sys
from airflow.executors.executor_loader import ExecutorLoader
from cca_airflow.preload import LIBRARIES
executor = ExecutorLoader.get_default_executor()
executor.start()
executor.end()
missing = sorted(set(LIBRARIES) - set(sys.modules))
found = {"missing": missing, "ours": "cca.pipeline" in sys.modules}
"""

REST_WHILE_NOTHING_RUNS = """
from datetime import UTC, datetime
from types import SimpleNamespace
from airflow.executors.executor_loader import ExecutorLoader
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from cca_airflow import models_executor
clock, rests = [1000.0], []
models_executor.time = SimpleNamespace(monotonic=lambda: clock[0], sleep=rests.append)
executor = ExecutorLoader.get_default_executor()
executor.start()

def rests_after(seconds):
    clock[0] += seconds
    rests.clear()
    executor.heartbeat()
    return len(rests)

found = {"just started": rests_after(20), "idle": rests_after(20)}
executor.running.add("a task")
found["busy"] = rests_after(1)
executor.running.clear()
found |= {"just ended": rests_after(20), "idle again": rests_after(20)}
waiting = DagRun(dag_id="a_dag", run_id="a_run", run_type="manual", state="queued")
waiting.run_after = datetime.now(UTC)
with create_session() as session:
    session.add(waiting)
found["a run waits"] = rests_after(20)
with create_session() as session:
    session.delete(waiting)
executor.end()
"""


@pytest.fixture(scope="module")
def bag(in_airflow: Any) -> dict[str, Any]:
    return in_airflow(READ_THE_BAG)


def test_every_file_is_read_and_the_bag_is_not_empty(bag: dict[str, Any]):
    assert bag["errors"] == {}
    files = {path.stem for path in (PROJECT_DIR / "dags").glob("*.py")}
    assert files
    assert set(bag["dags"]) == files


def test_a_dag_is_named_as_its_file_and_no_file_is_one_that_dbt_would_import(bag: dict[str, Any]):
    for dag_id, dag in bag["dags"].items():
        assert Path(dag["file"]).stem == dag_id
        assert not dag_id.startswith("dbt_")


def test_workers_have_the_libraries_of_the_tasks_and_not_our_code(in_airflow: Any):
    assert in_airflow(START_THE_EXECUTOR) == {"missing": [], "ours": False}


def test_the_scheduler_rests_only_while_no_task_has_run_for_a_while(in_airflow: Any):
    rests = {"just started": 0, "idle": 4, "busy": 0, "just ended": 0, "idle again": 4}
    assert in_airflow(REST_WHILE_NOTHING_RUNS) == rests | {"a run waits": 1}


def test_every_dag_says_what_to_do_when_it_is_red(bag: dict[str, Any]):
    for dag in bag["dags"].values():
        triage = dag["doc"].split("## Triage")[1]
        assert "red" in triage
        assert dag["doc"].startswith(dag["description"])
        assert dag["description"].endswith(".")
        named = set(triage.replace("*", " ").split())
        assert named & set(dag["tasks"]), "it names a task"
        assert dag["tags"]
        assert not dag["catchup"]
        assert dag["max_active_runs"] == 1


def test_every_task_has_an_owner_a_retry_and_an_end(bag: dict[str, Any]):
    for dag in bag["dags"].values():
        for name, task in dag["tasks"].items():
            assert task["owner"] == "cca", name
            assert task["retries"] >= 1, name
            assert task["timeout"], name


def test_reading_the_dags_imports_nothing_heavy(bag: dict[str, Any]):
    heavy = {"pyarrow", "duckdb", "pymongo", "pandas", "dbt", "panel", "tantivy", "pyiceberg"}
    assert not heavy & set(bag["imported"])


def test_all_that_write_the_warehouse_in_a_good_run_share_the_one_slot(bag: dict[str, Any]):
    tasks = bag["dags"]["conversation_pipeline"]["tasks"]
    writers = {name for name, task in tasks.items() if task["pool"] == "duckdb_writer"}
    assert writers == {"load", "dbt.dbt_build", "publish"}


def test_each_model_is_a_task_after_the_build_that_makes_it(bag: dict[str, Any]):
    tasks = bag["dags"]["conversation_pipeline"]["tasks"]
    models = {path.stem for path in (PROJECT_DIR / "dbt" / "models").rglob("*.sql")}
    seeds = {path.stem for path in (PROJECT_DIR / "dbt" / "seeds").glob("*.csv")}
    drawn = {name for name, task in tasks.items() if task["operator"] == "ModelTask"}
    assert "dbt.marts.fct_messages" in drawn
    assert models
    assert {name.split(".")[-1] for name in drawn} == models | seeds
    assert tasks["extract"]["upstream"] == ["resolve_window"]
    assert tasks["finish_extract"]["upstream"] == ["extract", "resolve_window"]
    assert tasks["load"]["upstream"] == ["finish_extract"]
    assert tasks["dbt.dbt_build"]["upstream"] == ["load"]
    roots = {name for name in drawn if tasks[name]["upstream"] == ["dbt.dbt_build"]}
    assert "dbt.staging.stg_corrected_times" in roots
    assert "dbt.staging.stg_conversations" in tasks["dbt.staging.stg_messages"]["upstream"]
    # The results of builds are made of no model.
    facts = {name for name in roots if name.startswith("dbt.marts.fct_")}
    assert facts == {"dbt.marts.fct_build_results"}


def test_publish_waits_for_models_only_where_one_was_red(bag: dict[str, Any]):
    tasks = bag["dags"]["conversation_pipeline"]["tasks"]
    assert tasks["publish"]["upstream"] == ["dbt.all_repaired", "dbt.dbt_build"]
    followed = {each for task in tasks.values() for each in task["upstream"]}
    last = {name for name, task in tasks.items() if task["operator"] == "ModelTask"} - followed
    assert not last
    assert "dbt.marts.agg_session_metrics" in tasks["dbt.all_repaired"]["upstream"]


def test_the_form_names_and_explains_every_field(bag: dict[str, Any]):
    params = bag["dags"]["conversation_pipeline"]["params"]
    wanted = {"since", "until", "full_backfill", "full_refresh", "storage_format"}
    assert set(params) == wanted
    assert all(each["title"] and each["description"] for each in params.values())


def test_only_the_pipeline_draws_dbt(bag: dict[str, Any]):
    drawing = {name for name, dag in bag["dags"].items() if any("dbt" in t for t in dag["tasks"])}
    assert drawing == {"conversation_pipeline"}


def test_lineage_leads_from_raw_over_gold_to_each_mart(bag: dict[str, Any]):
    tasks = bag["dags"]["conversation_pipeline"]["tasks"]
    marts = {path.stem for path in (PROJECT_DIR / "dbt" / "models" / "marts").rglob("*.sql")}
    assert tasks["load"]["outlets"] == ["raw"]
    assert tasks["publish"]["inlets"] == ["raw"]
    assert set(tasks["publish"]["outlets"]) == marts | {"gold"}


def test_a_failed_run_of_any_dag_raises_an_alert(bag: dict[str, Any]):
    assert all(dag["alerts"] for dag in bag["dags"].values())
