"""All steps in order without Airflow: extract, load, transform, publish."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cca.extract.run import ExtractReport, Progress
from cca.extract.window import Window
from cca.extract.workers import extract_at_once
from cca.gold import runs
from cca.load.raw import LoadReport, load
from cca.publish import postgres
from cca.publish.gold import publish
from cca.settings import Settings
from cca.transform.dbt import transform

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PipelineReport:
    """What each step did; `gold` is None when there was nothing new to publish."""

    extracted: ExtractReport
    loaded: LoadReport
    gold: Path | None


@dataclass(frozen=True)
class Options:
    """How a run differs from the hourly one."""

    window: Window
    full_refresh: bool = False
    workers: int = 1


def run(
    settings: Settings,
    uri: str,
    options: Options,
    *,
    on_step: Callable[[str], None] = log.info,
    on_progress: Progress | None = None,
) -> PipelineReport:
    """Bring gold up to date; dbt and publish are skipped when gold holds this load already."""
    began = datetime.now(UTC)
    state = "failed"
    try:
        report = _steps(settings, uri, options, on_step=on_step, on_progress=on_progress)
        state = "success"
    finally:
        # Under the DAG's name: whoever asks how the pipeline does means this one as well.
        runs.record(
            settings,
            runs.Run(
                "conversation_pipeline", f"cca__{began.isoformat()}", "cca pipeline", state, began,
                datetime.now(UTC),
            ),
        )  # fmt: skip
    return report


def _steps(
    settings: Settings,
    uri: str,
    options: Options,
    *,
    on_step: Callable[[str], None],
    on_progress: Progress | None,
) -> PipelineReport:
    on_step("extract")
    extracted = extract_at_once(
        settings, uri, options.window, workers=options.workers, on_progress=on_progress
    )
    on_step("load")
    loaded = load(settings, full_refresh=options.full_refresh)
    if not (loaded.is_changed or options.full_refresh or postgres.is_due(settings)):
        return PipelineReport(extracted, loaded, None)
    on_step("transform")
    transform(settings, full_refresh=options.full_refresh)
    on_step("publish")
    return PipelineReport(extracted, loaded, publish(settings))
