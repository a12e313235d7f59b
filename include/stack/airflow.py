"""Airflow in the stack: its environment, its logins, and what must exist before it starts."""

import hashlib
import json
import logging
import secrets
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from cca.errors import ServiceDown
from cca.files import replace_file
from cca.settings import PROJECT_DIR, Settings, child_environment
from cca.stack import drawing, postgres
from cca.stack.log_files import last_lines
from cca.transform import dbt, prepared

log = logging.getLogger(__name__)

# DuckDB has one writer per file
POOL = "duckdb_writer"
# With a target path from outside, Cosmos would miss the compiled SQL and its parse cache.
_COSMOS_DECIDES = {"DBT_PROJECT_DIR", "DBT_PROFILES_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH"}
_USERS = ("admin", "viewer")
# Ends the tasks of models without a process for each; elsewhere a worker does it.
_EXECUTORS = {"LocalExecutor": "cca_airflow.models_executor.ModelsExecutor"}
_NOT_TOLD = {
    "scope": {"operator": "cca_airflow.model_task.ModelTask"},
    "controls": {"emit": False},
}
# enough for the cause, which stands above the last lines of a traceback
_MIGRATION_LINES = 12


def dbt_task_environment(settings: Settings) -> dict[str, str]:
    """dbt's variables for Cosmos, which runs in a copy of the project with paths of its own."""
    environment = dbt.dbt_environment(settings)
    return {name: value for name, value in environment.items() if name not in _COSMOS_DECIDES}


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Everything Airflow's processes and tasks need, so that no airflow.cfg has to be edited."""
    return {
        **_database(settings),
        **_lineage(settings),
        **dbt_task_environment(settings),
        "AIRFLOW_HOME": str(settings.airflow_home),
        # It draws no graphs here, and says so at every command.
        "PYTHONWARNINGS": "ignore:Could not import graphviz:UserWarning",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_DIR / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_DIR / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": _EXECUTORS.get(
            settings.airflow_executor, settings.airflow_executor
        ),
        "AIRFLOW__CORE__PARALLELISM": "8",
        # With the port: the workers find the API by it.
        "AIRFLOW__API__BASE_URL": settings.airflow_address,
        "AIRFLOW__API__HOST": settings.airflow_host,
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{api_address(settings)}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{name}" for name in _USERS),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_passwords_path(settings)),
        # A run has six tasks in a row; each begins this much later at most (default 1 s).
        # While nothing runs, our executor makes it longer (plugins/cca_airflow/models_executor).
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        # Tasks cut off by a crash are taken up again within a minute, not after five.
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "90",
        # A task that finds the API server away, at a start or a restart, asks for two minutes.
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "15",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "10",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        # A file that changed is read at once; what it imports changes with an upgrade alone.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(settings.logs_dir / "airflow"),
        "AIRFLOW__COSMOS__CACHE_DIR": str(settings.airflow_home / "cosmos"),
        "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def _lineage(settings: Settings) -> dict[str, str]:
    """OpenLineage's settings; the provider imports nothing while it is disabled."""
    url = settings.openlineage_url
    # Cosmos reads the name in any case.
    named = {"AIRFLOW__OPENLINEAGE__NAMESPACE": "cca"}
    if not url:
        return named | {"AIRFLOW__OPENLINEAGE__DISABLED": "True"}
    if url.startswith("file:"):
        path = url2pathname(urlsplit(url).path)
        transport: dict[str, Any] = {"type": "file", "log_file_path": path, "append": True}
    else:
        transport = {"type": "http", "url": url}
        if key := settings.openlineage_api_key:
            transport["auth"] = {"type": "api_key", "apiKey": key}
    return named | {
        "AIRFLOW__OPENLINEAGE__DISABLED": "False",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport),
        "AIRFLOW__OPENLINEAGE__EXTRACTORS": "cca_airflow.lineage.StoresExtractor",
        # The build tells of each model; a task that only shows one has nothing to add.
        "AIRFLOW__OPENLINEAGE__EMISSION_POLICY": json.dumps([_NOT_TOLD]),
        # The events of a build are some hundred.
        "AIRFLOW__OPENLINEAGE__EXECUTION_TIMEOUT": "60",
    }


def _database(settings: Settings) -> dict[str, str]:
    if uri := _database_uri(settings):
        return {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": uri}
    return {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "cca.stack.sqlite.CONNECT_ARGS"}


def _database_uri(settings: Settings) -> str:
    """The address of Airflow's tables; empty for the SQLite file that Airflow makes by itself."""
    if postgres.is_used(settings):
        return postgres.uri(settings)
    return "" if settings.airflow_db_uri == postgres.SQLITE else settings.airflow_db_uri


def api_address(settings: Settings) -> str:
    """Where processes, ours and the workers, reach Airflow's API."""
    given = settings.airflow_api_url or settings.airflow_url
    return given.rstrip("/") or f"http://127.0.0.1:{settings.airflow_port}"


def has_logins(settings: Settings) -> bool:
    """Whether the passwords lie here: in containers only Airflow's have them."""
    return _passwords_path(settings).exists()


def logins(settings: Settings) -> dict[str, str]:
    """Password of each user, generated once and readable by its owner only."""
    path = _passwords_path(settings)
    if not path.exists():
        replace_file(path, json.dumps({name: secrets.token_urlsafe(12) for name in _USERS}))
    passwords: dict[str, str] = json.loads(path.read_text())
    return passwords


def prepare(settings: Settings) -> None:
    """Logins, metadata tables, the pool and dbt's manifest; what is there already is left alone."""
    logins(settings)
    migration = _begin_migration(settings)
    try:
        if not drawing.is_current(settings):
            drawing.draw(settings, prepared.manifest(settings))
    finally:
        if migration:
            _end_migration(settings, migration)


def _begin_migration(settings: Settings) -> subprocess.Popen[bytes] | None:
    if (marker := _migrated_path(settings)).exists() and marker.read_text() == _tables(settings):
        return None
    log_path = _migration_log(settings)
    log_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log_path.open("a") as output:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, str(PROJECT_DIR / "plugins" / "cca_airflow" / "tables.py")],
            env=child_environment(airflow_environment(settings)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            umask=0o077,
        )


def _end_migration(settings: Settings, migration: subprocess.Popen[bytes]) -> None:
    if code := migration.wait():
        path = _migration_log(settings)
        message = f"preparing Airflow's database ended with code {code}; the end of {path}:"
        raise ServiceDown("\n".join([message, *last_lines([path], _MIGRATION_LINES)]))
    _migrated_path(settings).write_text(_tables(settings))
    log.info("airflow database at version %s", version("apache-airflow-core"))


def _tables(settings: Settings) -> str:
    """Name what the marker file says is there: this release's tables and the pool, and where."""
    where = hashlib.sha256(_database_uri(settings).encode()).hexdigest()[:12]
    return f"{version('apache-airflow-core')} {POOL} {where}"


def _migrated_path(settings: Settings) -> Path:
    return settings.airflow_home / "migrated"


def _migration_log(settings: Settings) -> Path:
    return settings.logs_dir / "airflow-migrate.log"


def _passwords_path(settings: Settings) -> Path:
    return settings.airflow_home / "passwords.json"
