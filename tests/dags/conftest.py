"""Airflow in a private home: its own processes, as it reads the environment when it is imported."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cca.settings import Settings, child_environment
from cca.stack import airflow
from cca.stack.stack import stack_environment

Run = Callable[..., Any]


@pytest.fixture(scope="session")
def airflow_settings(tmp_path_factory: pytest.TempPathFactory, mongo_uri: str) -> Settings:
    """A home with migrated metadata, dbt's manifest, and a database of its own."""
    home = tmp_path_factory.mktemp("airflow")
    settings = Settings(
        cca_home=home / "home",
        claude_dir=str(home / "sample" / "projects"),
        mongo_uri=mongo_uri,
        mongo_db=f"test_{uuid.uuid4().hex}",
        cca_host="test-host",
        _env_file=None,
    )
    airflow.prepare(settings)
    return settings


@pytest.fixture(scope="session")
def in_airflow(airflow_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs Python in that home; the code leaves what it found in `found`, as JSON."""

    def run(code: str, **changes: Any) -> Any:
        out = tmp_path_factory.mktemp("found") / "found.json"
        ending = f"\nimport json, pathlib\npathlib.Path({str(out)!r}).write_text(json.dumps(found))"
        done = subprocess.run(
            [sys.executable, "-c", code + ending],
            env=child_environment(stack_environment(airflow_settings.model_copy(update=changes))),
            cwd=airflow_settings.cca_home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
        return json.loads(Path(out).read_text())

    return run
