"""Builds one model with its tests, after the build of all models left it out or failed in it."""

from cca.locks import held
from cca.settings import Settings
from cca.transform.build import transform
from cca.transform.nodes import BuildFailed
from cca.transform.reports import ModelReport, covers, model_reports


def build_alone(settings: Settings, model: str, *, full_refresh: bool = False) -> ModelReport:
    """Build a model and run its tests; report how that went.

    Raises:
        BuildFailed: dbt failed in something else than the model and its tests.

    """
    # Models that are tried again at the same time wait here, before each has loaded dbt.
    with held(settings.cca_home / "dbt" / "alone.lock"):
        try:
            nodes = transform(
                settings, select=model, full_refresh=full_refresh, tests_of="buildable"
            ).nodes
        except BuildFailed as error:
            reports = model_reports(settings, error.nodes)
            if not reports or not covers(settings, reports, error.failed):
                raise
        else:
            reports = model_reports(settings, nodes)
    return next(report for report in reports if report.model == model)
