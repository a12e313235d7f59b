"""dbt in a DAG: one build by one process, and a task for each model that shows how it went.

DuckDB has one writer, so the models cannot be built by processes of their own at the same time.
The build reports each model when it and its tests are through, and the model's task ends with that
report. A task that is tried again, or cleared by hand, builds its model and its tests itself.
"""

import threading
from typing import Any

from airflow.sdk import task
from airflow.triggers.base import StartTriggerArgs
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import (
    ExecutionMode,
    InvocationMode,
    LoadMode,
    TestBehavior,
    TestIndirectSelection,
)

from cca.settings import get_settings
from cca.stack.airflow import POOL, dbt_task_environment
from cca.stack.drawing import drawing_path
from cca.transform.dbt import DBT_DIR

BUILD_TASK = "dbt_build"


@task(task_id=BUILD_TASK, pool=POOL)
def build_models(params: dict[str, Any], task_instance: Any) -> dict[str, int]:
    """Build and test all models in one process; each model's task shows what came of it."""
    import logging

    from cca import pipeline
    from cca.transform import dbt
    from cca.transform.progress import Progress

    log, settings, reporting = logging.getLogger(__name__), get_settings(), threading.Lock()
    progress = Progress.of(dbt.manifest_path(settings))

    def report(node: dbt.NodeDone) -> None:
        # dbt calls from its threads; the task has one line to its supervisor.
        with reporting:
            for each in progress.note(node):
                log.info("%s %s in %.2f s", each.model, each.status, each.seconds)
                task_instance.xcom_push(key=each.model, value=each.to_dict())

    try:
        done = pipeline.build(settings, full_refresh=params["full_refresh"], on_event=report)
    except dbt.BuildFailed as error:
        if not error.failed or not progress.covers(error.failed):
            raise
        # Each failed model has a red task of its own, which tries again.
        log.error("%s", error)  # noqa: TRY400  (dbt's own traceback says nothing)
        return {"failed": len(error.failed)}
    return {"models": done.models, "seeds": done.seeds, "tests": done.tests}


def model_tasks() -> DbtTaskGroup:
    """A task for each model and seed, grouped by layer."""
    group = DbtTaskGroup(
        group_id="dbt",
        project_config=ProjectConfig(
            dbt_project_path=DBT_DIR,
            manifest_path=drawing_path(get_settings()),
            project_name="cca",
            install_dbt_deps=False,
        ),
        profile_config=ProfileConfig(
            profile_name="cca",
            target_name=get_settings().dbt_target,
            profiles_yml_filepath=DBT_DIR / "profiles.yml",
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.BUILD,
            group_nodes_by_folder=True,
            emit_datasets=False,
            normalize_task_id=_name,
            normalize_task_display_name=_name,
        ),
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.LOCAL,
            invocation_mode=InvocationMode.DBT_RUNNER,
            # A model built alone is held against the models before it, not against later ones.
            test_indirect_selection=TestIndirectSelection.BUILDABLE,
        ),
        operator_args={
            "env": dbt_task_environment(get_settings()),
            "append_env": True,
            "full_refresh": "{{ params.full_refresh }}",
            "pool": POOL,
            "post_execute": release_warehouse,
        },
    )
    for each in group:
        _wait_for_report(each)
    return group


def _name(node: Any) -> str:
    return str(node.resource_name)


def release_warehouse(*_context: Any) -> None:
    """dbt keeps the file open while its process lives, and `airflow dags test` has only one."""
    from cca.transform.dbt import close_duckdb

    close_duckdb()


def _wait_for_report(model_task: Any) -> None:
    """Begin in the triggerer; only what the build did not bring about comes to a worker."""
    node = model_task.extra_context["dbt_node_config"]["unique_id"]
    model_task.start_from_trigger = True
    model_task.start_trigger_args = StartTriggerArgs(
        trigger_cls="cca_airflow.reported.Reported",
        trigger_kwargs={"model": node.rsplit(".", 1)[-1], "producer": BUILD_TASK},
        next_method="execute",
        timeout=None,
    )
