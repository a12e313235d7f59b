"""Tells OpenLineage what the tasks of the pipeline read and write; imported where it is enabled.

Airflow's provider reports each run and task. For the datasets it asks this extractor, after a task
has ended, so nobody waits for it. The build's task also tells each model's run.
"""

from typing import Any

from airflow.providers.openlineage.extractors import BaseExtractor, OperatorLineage
from airflow.providers.openlineage.plugins import macros
from airflow.providers.openlineage.plugins.listener import get_openlineage_listener

from cca.lineage import datasets
from cca.lineage.models import Parent, model_events
from cca.settings import Settings, get_settings
from cca_airflow.archive import used_uri
from cca_airflow.models import BUILD_TASK


class StoresExtractor(BaseExtractor):
    """Knows the stores that each task reads and writes."""

    @classmethod
    def get_operator_classnames(cls) -> list[str]:
        """Return the types of our tasks, as Airflow names them."""
        return ["_PythonDecoratedOperator", "_ShortCircuitDecoratedOperator"]

    def _execute_extraction(self) -> OperatorLineage:
        """Return nothing at a task's start: only its end knows what was done."""
        return OperatorLineage()

    def extract_on_complete(self, task_instance: Any) -> OperatorLineage:
        """Return the datasets of a task that has ended; emit the events of models it built."""
        settings = get_settings()
        params = task_instance.get_template_context()["params"]
        if "storage_format" in params:
            settings = settings.model_copy(update={"storage_format": params["storage_format"]})
        name = self.operator.task_id.rsplit(".", 1)[-1]
        if name == BUILD_TASK:
            _emit_models(settings, task_instance)
        return OperatorLineage(**_read_and_written(settings, name))


def _read_and_written(settings: Settings, task: str) -> dict[str, Any]:
    if task == "extract":
        archive = datasets.archive(settings, used_uri())
        return {"inputs": [archive], "outputs": datasets.lake(settings)}
    if task == "load":
        return {"inputs": datasets.lake(settings), "outputs": datasets.raw(settings)}
    if task == BUILD_TASK:
        return {"inputs": datasets.raw(settings), "outputs": datasets.marts(settings)}
    if task == "publish":
        return {"inputs": datasets.marts(settings), "outputs": datasets.gold(settings)}
    return {}


def _emit_models(settings: Settings, task_instance: Any) -> None:
    parent = Parent(
        namespace=macros.lineage_job_namespace(),
        job=macros.lineage_job_name(task_instance),
        run_id=macros.lineage_run_id(task_instance),
        root_job=macros.lineage_root_job_name(task_instance),
        root_run_id=macros.lineage_root_run_id(task_instance),
    )
    adapter = get_openlineage_listener().adapter
    for event in model_events(settings, parent):
        adapter.emit(event)
