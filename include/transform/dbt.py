"""Runs dbt in this process, with the paths and values of this installation."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cca.errors import WarehouseError
from cca.files import replace_file
from cca.memory import few_collections
from cca.prices.files import newer_list
from cca.settings import PROJECT_DIR, Settings
from cca.transform.code_version import code_version_of, project_version
from cca.transform.dbt_log import writing_log

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

DBT_DIR = PROJECT_DIR / "dbt"
_MASKING_DIR = Path(__file__).resolve().parents[1] / "masking"
# Tests that only code can break, not data: the project's own test suite runs them.
CI_TAG = "ci"
# Most of dbt's million objects live until it ends.
_OLDER_THRESHOLDS = (20, 100)


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that dbt's profile, project and models read with env_var()."""
    return {
        "DUCKDB_PATH": str(settings.warehouse_path),
        "TIMEZONE": settings.timezone,
        "CCA_PRICES_FILE": str(settings.prices_file or ""),
        "CCA_PRICE_LIST": str(newer_list(settings) or ""),
        "CCA_SQL_DIGEST": code_version_of(project_version(DBT_DIR), "", _prices(settings)),
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
    """Name what makes gold of raw rows: the dbt project, masks, prices and the days' time zone."""
    project = project_version(DBT_DIR) + project_version(_MASKING_DIR)
    return code_version_of(project, settings.timezone, _prices(settings))


def _prices(settings: Settings) -> tuple[Path | None, Path | None]:
    return settings.prices_file, newer_list(settings)


def target_dir(settings: Settings) -> Path:
    """Return the folder of dbt's manifest, parse cache and compiled SQL."""
    return settings.cca_home / "dbt" / "target"


def manifest_path(settings: Settings) -> Path:
    """Return dbt's own description of the project that it built last."""
    return target_dir(settings) / "manifest.json"


def write_manifest(settings: Settings) -> Path:
    """Parse the project and return its manifest, so that Cosmos can draw it without running dbt.

    Raises:
        WarehouseError: dbt cannot parse it.

    """
    result = invoke(settings, ["parse"])
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
    result = invoke(settings, ["docs", "generate", "--static", "--no-compile"])
    if not result.success:
        raise WarehouseError(f"dbt cannot document {DBT_DIR}: {result.exception}")
    page = docs_page(settings)
    page.parent.mkdir(parents=True, exist_ok=True)
    (target_dir(settings) / "static_index.html").replace(page)
    return page


def invoke(
    settings: Settings, arguments: list[str], *callbacks: Callable[["EventMsg"], None]
) -> "dbtRunnerResult":
    """Run a command of dbt's and return its result; the callbacks hear dbt's events."""
    with few_collections(older=_OLDER_THRESHOLDS):
        return _invoke(settings, arguments, *callbacks)


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
        _note_manifest(settings)
    return result


def mart_names() -> list[str]:
    """Return the names of the tables that readers of gold see."""
    return sorted(path.stem for path in (DBT_DIR / "models" / "marts").rglob("*.sql"))


def is_manifest_current(settings: Settings) -> bool:
    """Tells whether dbt's manifest was written from the project as it is."""
    note = _manifest_note(settings)
    return note.exists() and note.read_text() == project_version(DBT_DIR)


def put_manifest(settings: Settings, text: str) -> None:
    """Write a manifest of the project as it is, which dbt wrote elsewhere."""
    target_dir(settings).mkdir(parents=True, exist_ok=True)
    replace_file(manifest_path(settings), text)
    _note_manifest(settings)


def _note_manifest(settings: Settings) -> None:
    replace_file(_manifest_note(settings), project_version(DBT_DIR))


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
