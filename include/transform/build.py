"""Builds the models: raw tables to staging, intermediate and marts, by dbt or as it did before."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cca.errors import SettingError, WarehouseError
from cca.prices.overrides import check_overrides
from cca.settings import Settings
from cca.transform import prepared, recording
from cca.transform.dbt import (
    CI_TAG,
    code_version,
    dbt_environment,
    invoke,
    is_manifest_current,
)
from cca.transform.dbt_log import telling
from cca.transform.nodes import (
    BuildFailed,
    NodeDone,
    TransformReport,
    failure_text,
    nodes_of,
    report_of,
)
from cca.transform.recording import Kind, Recorder
from cca.transform.repeat import OtherKind, repeat

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

log = logging.getLogger(__name__)

Listener = Callable[[NodeDone], None]


@dataclass(frozen=True)
class _Build:
    """What is built: all models if `select` is empty; `tests_of` as in `transform`."""

    select: str
    full_refresh: bool
    tests_of: str

    def arguments(self) -> list[str]:
        arguments = ["build", "--exclude", f"tag:{CI_TAG}"]
        arguments += ["--select", *self.select.split()] if self.select else []
        arguments += ["--full-refresh"] if self.full_refresh else []
        arguments += ["--indirect-selection", self.tests_of] if self.tests_of else []
        return arguments


def transform(
    settings: Settings,
    select: str | None = None,
    full_refresh: bool = False,  # noqa: FBT001, FBT002  (fixed by the callers' contract)
    on_event: Listener | None = None,
    *,
    tests_of: str = "",
) -> TransformReport:
    """Build and test every model, or those selected.

    `tests_of` is dbt's `--indirect-selection`: which tests run that compare two models.

    Raises:
        BuildFailed: A node failed, or dbt did not run.
        WarehouseError: There is no warehouse yet.
        SettingError: A file of prices is wrong, or nothing is selected.

    """
    settings.require_usable_paths()
    if not settings.warehouse_path.exists():
        message = f"{settings.warehouse_path} does not exist (DUCKDB_PATH); run `cca load` first"
        raise WarehouseError(message)
    check_overrides(settings.prices_file)
    started = time.monotonic()
    build = _Build(select or "", full_refresh, tests_of)
    repeated = _repeat(settings, build, on_event)
    nodes = _by_dbt(settings, build, on_event) if repeated is None else repeated
    if select and not nodes:
        raise SettingError(f"no model is selected by `{select}`; `cca dbt ls` lists them")
    report = report_of(nodes, time.monotonic() - started, is_repeated=repeated is not None)
    log.info(
        "%s %d models, ran %d tests in %.1f s",
        "built" if report.is_repeated else "dbt built",
        report.models,
        report.tests,
        report.seconds,
    )
    return report


def _repeat(
    settings: Settings, build: _Build, on_event: Listener | None
) -> tuple[NodeDone, ...] | None:
    # Lineage is read from dbt's own results of the run.
    if build.select or settings.openlineage_url:
        return None
    key = recording_key(settings)
    is_first = prepared.put(settings, key)
    # The reports on models read the manifest.
    if not is_manifest_current(settings):
        return None
    # What stands in the warehouse may be of other code, before a first build.
    is_full = build.full_refresh or is_first
    for kind in () if is_full else (Kind.SOME, Kind.ALL):
        try:
            if (nodes := repeat(settings, kind, key, on_event)) is not None:
                return nodes
        except OtherKind:
            is_full = is_full or kind is Kind.SOME
    return repeat(settings, Kind.FULL, key, on_event) if is_full else None


def _by_dbt(settings: Settings, build: _Build, on_event: Listener | None) -> tuple[NodeDone, ...]:
    recorder, began = Recorder(), datetime.now(UTC)
    listeners: list[Callable[[EventMsg], None]] = [recorder]
    if on_event:
        listeners.append(telling(on_event))
    key = recording_key(settings)
    recording.forget(settings, but=key)
    try:
        nodes = _built(invoke(settings, build.arguments(), *listeners))
    except BuildFailed as error:
        _record(settings, error.nodes, began)
        raise
    _record(settings, nodes, began)
    if not build.select:
        recording.keep(settings, key, nodes, recorder)
    return nodes


def _record(settings: Settings, nodes: tuple[NodeDone, ...], began: datetime) -> None:
    # Files of DAGs are read without DuckDB.
    from cca.transform import results  # noqa: PLC0415

    results.record(settings, nodes, began, is_repeated=False)


def recording_key(settings: Settings) -> str:
    """Name all that decides which statements dbt runs in this home."""
    return recording.key_of(dbt_environment(settings), code_version(settings))


def _built(result: "dbtRunnerResult") -> tuple[NodeDone, ...]:
    nodes = nodes_of(getattr(result.result, "results", []))
    error = BuildFailed("", nodes)
    if error.failed or not result.success:
        raise BuildFailed(failure_text(error.failed, result.exception), nodes)
    return nodes
