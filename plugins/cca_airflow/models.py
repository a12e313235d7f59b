"""dbt in a DAG: one build by one process, and a task for each model that shows how it went.

DuckDB has one writer, so processes of their own cannot build the models at the same time. One
task builds and tests them all and hands a report on each model over to the model's task, which
ends with it. A model's task that is tried again, or cleared by hand, builds its model itself.
"""

from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import task
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import DbtResourceType, ExecutionMode, LoadMode, TestBehavior

from cca.settings import get_settings
from cca.stack.airflow import POOL
from cca.stack.drawing import drawing_path
from cca.transform.dbt import DBT_DIR
from cca_airflow.model_task import ModelTask, run_name

GROUP = "dbt"
BUILD_TASK = "dbt_build"
REPAIRED_TASK = "all_repaired"


def dbt_tasks() -> tuple[DbtTaskGroup, Any, EmptyOperator]:
    """Return the group, its build, and the task that waits for red models only.

    The build comes first in the group, then the models by layer. If every model is good, the build
    skips `all_repaired`; else that one waits until the models that failed are green.
    """
    group = _model_tasks()
    roots, leaves = group.get_roots(), group.get_leaves()
    roots, leaves = list(roots), list(leaves)
    with group:
        built = build_models()
        repaired = EmptyOperator(
            task_id=REPAIRED_TASK, task_display_name="every red model is green again"
        )
    built >> roots
    leaves >> repaired
    return group, built, repaired


@task(task_id=BUILD_TASK, task_display_name="dbt build (all models)", pool=POOL)
def build_models(params: dict[str, Any], task_instance: Any) -> dict[str, int]:
    """Build and test all models in one process; each model's task shows what came of it."""
    import logging

    from airflow.sdk.exceptions import DownstreamTasksSkipped

    from cca import pipeline
    from cca.transform.dbt import free_locks
    from cca.transform.handover import hand_over
    from cca.transform.nodes import BuildFailed
    from cca.transform.reports import covers, model_reports

    log, settings = logging.getLogger(__name__), get_settings()
    run = run_name(task_instance)

    def show(node: Any) -> None:
        log.info("%s %s: %s in %.2f s", node.kind, node.name, node.status, node.seconds)

    try:
        done = pipeline.build(settings, full_refresh=params["full_refresh"], on_event=show)
    except BuildFailed as error:
        reports = model_reports(settings, error.nodes)
        if not error.failed or not covers(settings, reports, error.failed):
            raise
        hand_over(settings, run, reports)
        # Each failed model has a red task of its own.
        log.error("%s", error)  # noqa: TRY400  (dbt's own traceback says nothing)
        return {"failed": len(error.failed)}
    finally:
        free_locks()
    hand_over(settings, run, model_reports(settings, done.nodes))
    log.info("%d models, %d seeds, %d tests: all good", done.models, done.seeds, done.tests)
    raise DownstreamTasksSkipped(tasks=[f"{GROUP}.{REPAIRED_TASK}"])


def _model_tasks() -> DbtTaskGroup:
    """Return a task for each model and seed, grouped by layer."""
    return DbtTaskGroup(
        group_id=GROUP,
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
            node_converters={
                DbtResourceType.MODEL: _model_task,
                DbtResourceType.SEED: _model_task,
            },
        ),
        execution_config=ExecutionConfig(execution_mode=ExecutionMode.LOCAL),
    )


def _model_task(*, dag: Any, task_group: Any, node: Any, task_id: str, **_rest: Any) -> ModelTask:
    """Cosmos calls this for each node that it draws."""
    return ModelTask(task_id=task_id, dag=dag, task_group=task_group, model=_name(node))


def _name(node: Any) -> str:
    return str(node.resource_name)
