"""The events of a dbt build: one job for each model, with its columns, its tests and its inputs.

OpenLineage's own reader of dbt's manifest and run results makes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from openlineage.client.event_v2 import RunEvent
from openlineage.common.provider.dbt.facets import ParentRunMetadata
from openlineage.common.provider.dbt.local import DbtLocalArtifactProcessor

from cca.settings import Settings
from cca.transform.dbt import DBT_DIR, dbt_variables, target_dir

PRODUCER = "https://pypi.org/project/claude-conversation-analytics"


@dataclass(frozen=True)
class Parent:
    """The run that built the models, and the run of the DAG around it."""

    namespace: str
    job: str
    run_id: str
    root_job: str
    root_run_id: str


def model_events(settings: Settings, parent: Parent) -> Iterator[RunEvent]:
    """Yield the events of the last build that wrote its run results.

    Raises:
        FileNotFoundError: There is none.

    """
    processor = DbtLocalArtifactProcessor(
        producer=PRODUCER,
        job_namespace=parent.namespace,
        project_dir=str(DBT_DIR),
        target_path=str(target_dir(settings)),
        target=settings.dbt_target,
    )
    processor.dbt_run_metadata = ParentRunMetadata(
        run_id=parent.run_id,
        job_name=parent.job,
        job_namespace=parent.namespace,
        root_parent_run_id=parent.root_run_id,
        root_parent_job_name=parent.root_job,
        root_parent_job_namespace=parent.namespace,
    )
    with dbt_variables(settings):
        yield from processor.parse().events()
