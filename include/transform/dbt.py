"""Runs dbt in this process: raw tables to staging, intermediate and marts."""

import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cca.errors import SettingError, WarehouseError
from cca.files import replace_file
from cca.prices.files import newer_list
from cca.prices.overrides import check_overrides
from cca.settings import PROJECT_DIR, Settings
from cca.transform import repeat
from cca.transform.code_version import code_version_of, project_version
from cca.transform.dbt_log import telling, writing_log
from cca.transform.nodes import (
    BuildFailed,
    NodeDone,
    TransformReport,
    failure_text,
    nodes_of,
    report_of,
)

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

log = logging.getLogger(__name__)

DBT_DIR = PROJECT_DIR / "dbt"
# Tests that only code can break, not data: the project's own test suite runs them.
CI_TAG = "ci"


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that dbt's profile, project and models read with env_var()."""
    return {
        "DUCKDB_PATH": str(settings.warehouse_path),
        "TIMEZONE": settings.timezone,
        "CCA_PRICES_FILE": str(settings.prices_file or ""),
        "CCA_PRICE_LIST": str(newer_list(settings) or ""),
        "CCA_SQL_DIGEST": project_version(DBT_DIR),
        "DBT_TARGET": settings.dbt_target,
        "DBT_PROJECT_DIR": str(DBT_DIR),
        "DBT_PROFILES_DIR": str(DBT_DIR),
        "DBT_TARGET_PATH": str(target_dir(settings)),
        "DBT_LOG_PATH": str(settings.logs_dir),
        "DBT_LOG_LEVEL_FILE": "info",
        # A test that compares two models runs only where both were built.
        "DBT_INDIRECT_SELECTION": "cautious",
        "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def code_version(settings: Settings) -> str:
    """Name what makes marts of raw rows: the dbt project, prices and the days' time zone."""
    prices = (settings.prices_file, newer_list(settings))
    return code_version_of(project_version(DBT_DIR), settings.timezone, prices)


def target_dir(settings: Settings) -> Path:
    """Return the folder of dbt's manifest, parse cache and compiled SQL."""
    return settings.cca_home / "dbt" / "target"


def manifest_path(settings: Settings) -> Path:
    """Return dbt's own description of the project that it built last."""
    return target_dir(settings) / "manifest.json"


def transform(
    settings: Settings,
    select: str | None = None,
    full_refresh: bool = False,  # noqa: FBT001, FBT002  (fixed by the callers' contract)
    on_event: Callable[[NodeDone], None] | None = None,
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
    started, began = time.monotonic(), datetime.now(UTC)
    is_usual = not select and not full_refresh
    repeated = _repeat(settings, on_event) if is_usual else None
    nodes = repeated
    if nodes is None:
        arguments = _arguments(select, tests_of, full_refresh=full_refresh)
        nodes = _build(settings, arguments, on_event, began, is_recorded=is_usual)
    if select and not nodes:
        raise SettingError(f"no model is selected by `{select}`; `cca dbt ls` lists them")
    _record(settings, nodes, began, is_repeated=repeated is not None)
    report = report_of(nodes, time.monotonic() - started, is_repeated=repeated is not None)
    log.info(
        "%s %d models, ran %d tests in %.1f s",
        "built again" if report.is_repeated else "dbt built",
        report.models,
        report.tests,
        report.seconds,
    )
    return report


def write_manifest(settings: Settings) -> Path:
    """Parse the project and return its manifest, so that Cosmos can draw it without running dbt.

    Raises:
        WarehouseError: dbt cannot parse it.

    """
    result = _invoke(settings, ["parse"])
    if not result.success:
        raise WarehouseError(f"dbt cannot parse {DBT_DIR}: {result.exception}")
    return manifest_path(settings)


def docs_page(settings: Settings) -> Path:
    """Return where `cca docs` writes the page."""
    return settings.cca_home / "dbt" / "docs" / "index.html"


def write_docs(settings: Settings) -> Path:
    """Write dbt's documentation as one page that needs no server, and return its path.

    Raises:
        WarehouseError: There is no warehouse yet, or dbt fails.

    """
    if not settings.warehouse_path.exists():
        message = f"{settings.warehouse_path} does not exist (DUCKDB_PATH); run `cca load` first"
        raise WarehouseError(message)
    write_manifest(settings)
    result = _invoke(settings, ["docs", "generate", "--static", "--no-compile"])
    if not result.success:
        raise WarehouseError(f"dbt cannot document {DBT_DIR}: {result.exception}")
    page = docs_page(settings)
    page.parent.mkdir(parents=True, exist_ok=True)
    (target_dir(settings) / "static_index.html").replace(page)
    return page


def _repeat(
    settings: Settings, on_event: Callable[[NodeDone], None] | None
) -> tuple[NodeDone, ...] | None:
    # The reports on models read the manifest, lineage dbt's own results of the run.
    if settings.openlineage_url or not is_manifest_current(settings):
        return None
    return repeat.repeat(settings, _recording_key(settings), on_event)


def _arguments(select: str | None, tests_of: str, *, full_refresh: bool) -> list[str]:
    arguments = ["build", "--exclude", f"tag:{CI_TAG}"]
    arguments += ["--select", *select.split()] if select else []
    arguments += ["--full-refresh"] if full_refresh else []
    arguments += ["--indirect-selection", tests_of] if tests_of else []
    return arguments


def _build(
    settings: Settings,
    arguments: list[str],
    on_event: Callable[[NodeDone], None] | None,
    began: datetime,
    *,
    is_recorded: bool,
) -> tuple[NodeDone, ...]:
    recorder = repeat.Recorder()
    listeners: list[Callable[[EventMsg], None]] = [recorder]
    if on_event:
        listeners.append(telling(on_event))
    repeat.forget(settings)
    try:
        nodes = _built(_invoke(settings, arguments, *listeners))
    except BuildFailed as error:
        _record(settings, error.nodes, began, is_repeated=False)
        raise
    if is_recorded:
        repeat.keep(settings, _recording_key(settings), nodes, recorder)
    return nodes


def _record(
    settings: Settings, nodes: tuple[NodeDone, ...], began: datetime, *, is_repeated: bool
) -> None:
    # Files of DAGs are read without DuckDB.
    from cca.transform import results  # noqa: PLC0415

    results.record(settings, nodes, began, is_repeated=is_repeated)


def _recording_key(settings: Settings) -> str:
    return repeat.key_of(dbt_environment(settings), code_version(settings))


def _invoke(
    settings: Settings, arguments: list[str], *callbacks: Callable[["EventMsg"], None]
) -> "dbtRunnerResult":
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  (takes two seconds)

    for folder in (target_dir(settings), settings.logs_dir):
        folder.mkdir(parents=True, exist_ok=True)
    options = ["--log-level", "none", "--log-level-file", "none"]
    # Writing the manifest takes a CPU second; lineage is read from it and from the run results.
    writes_manifest = (
        arguments[0] != "build"
        or bool(settings.openlineage_url)
        or not is_manifest_current(settings)
    )
    if not writes_manifest:
        options += ["--no-write-json"]
    with (
        dbt_variables(settings),
        writing_log(settings.logs_dir / "dbt.log") as listen,
    ):
        try:
            result = dbtRunner(callbacks=[*callbacks, listen]).invoke([*options, *arguments])
        finally:
            close_duckdb()
    if writes_manifest and result.success:
        replace_file(_manifest_note(settings), project_version(DBT_DIR))
    return result


def mart_names() -> list[str]:
    """Return the names of the tables that readers of gold see."""
    return sorted(path.stem for path in (DBT_DIR / "models" / "marts").rglob("*.sql"))


def is_manifest_current(settings: Settings) -> bool:
    """Tells whether dbt's manifest was written from the project as it is."""
    note = _manifest_note(settings)
    return note.exists() and note.read_text() == project_version(DBT_DIR)


def _manifest_note(settings: Settings) -> Path:
    """Return the file with the version of the project that dbt's manifest was written from."""
    return target_dir(settings) / "manifest.project-version"


@contextmanager
def dbt_variables(settings: Settings) -> Iterator[None]:
    """Set dbt's variables for as long as it runs, or somebody reads its profile.

    dbt has no other way in: env_var() reads the process's environment, and --vars would void its
    parse cache. Everything else gets its values from Settings.
    """
    values = dbt_environment(settings)
    before = {name: os.environ.get(name) for name in values}  # noqa: TID251
    os.environ.update(values)  # noqa: TID251
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)  # noqa: TID251
            else:
                os.environ[name] = value  # noqa: TID251


def close_duckdb() -> None:
    """Close the warehouse: dbt-duckdb keeps it open, and publish opens it in another mode."""
    from dbt.adapters.duckdb.connections import (  # noqa: PLC0415
        DuckDBConnectionManager,
    )

    environment = DuckDBConnectionManager._ENV  # noqa: SLF001  (there is no public way)
    if environment is not None:
        environment.close()
        DuckDBConnectionManager.close_all_connections()


def free_locks() -> None:
    """Drop dbt's locks; at a process's end Python reports those that are left as leaked."""
    if "dbt.adapters.factory" not in sys.modules:
        return
    from dbt.adapters.factory import reset_adapters  # noqa: PLC0415

    reset_adapters()  # type: ignore[no-untyped-call]
    gc.collect()


def _built(result: "dbtRunnerResult") -> tuple[NodeDone, ...]:
    nodes = nodes_of(getattr(result.result, "results", []))
    error = BuildFailed("", nodes)
    if error.failed or not result.success:
        raise BuildFailed(failure_text(error.failed, result.exception), nodes)
    return nodes
