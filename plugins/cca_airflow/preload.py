"""Imports the libraries of our tasks before the executor forks its workers.

A task's process is a fork of a worker. Without this, each of the six tasks of a run imports Cosmos
and the database driver: two CPU seconds of a run. The pages of the imported modules are shared by
all these processes. What one task needs, or few runs, it imports itself: dbt, DuckDB and pyarrow
would hold 130 MB all day. Most builds repeat dbt's statements without dbt.
"""

import logging
from contextlib import suppress
from importlib import import_module

# Libraries only: a task imports our own modules itself, so it always runs the code as it is now.
LIBRARIES = (
    "airflow.providers.mongo.hooks.mongo",
    "cosmos.airflow.graph",
    "cosmos.converter",
    "cosmos.operators.local",
    "httpx",
    "pymongo",
)

log = logging.getLogger(__name__)


def preload() -> None:
    """Import them; what cannot be imported here shows in the task that needs it."""
    for name in LIBRARIES:
        with suppress(ImportError):
            import_module(name)
    log.info("imported %d libraries for the tasks", len(LIBRARIES))
