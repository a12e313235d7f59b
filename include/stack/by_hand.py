"""The commands `airflow` and `dbt` themselves, with the environment that the product gives them."""

import subprocess
import sys
from collections.abc import Sequence

from cca.settings import Settings, child_environment
from cca.stack import airflow as airflow_home
from cca.stack import postgres
from cca.transform import dbt as transform

# Without this a selection that matches nothing is a warning, and dbt ends well.
_STRICT = '{"error": ["NoNodesForSelectionCriteria"], "silence": ["%s"]}'
# `python -m dbt.cli.main` warns of itself.
_DBT = "import sys; from dbt.cli.main import cli; sys.argv[0] = 'dbt'; cli()"
_SILENCED = "UnsupportedConstraintMaterialization"


def airflow(settings: Settings, arguments: Sequence[str]) -> int:
    """Run a command of Airflow's on the tables of this installation; return its exit code."""
    if remark := postgres.ensure(settings):
        sys.stderr.write(f"{remark}\n")
    with postgres.serving(settings):
        airflow_home.prepare(settings)
        environment = settings.as_environment() | airflow_home.airflow_environment(settings)
        return _run([sys.executable, "-m", "airflow", *arguments], environment)


def dbt(settings: Settings, arguments: Sequence[str]) -> int:
    """Run a command of dbt's on the warehouse; return its exit code.

    Unlike a build of the pipeline it runs unit tests as well.
    """
    for folder in (transform.target_dir(settings), settings.logs_dir):
        folder.mkdir(parents=True, exist_ok=True)
    environment = transform.dbt_environment(settings)
    environment.pop("DBT_EXCLUDE_RESOURCE_TYPES")
    environment["DBT_WARN_ERROR_OPTIONS"] = _STRICT % _SILENCED
    return _run([sys.executable, "-c", _DBT, *arguments], environment)


def _run(command: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(command, env=child_environment(environment), check=False).returncode  # noqa: S603
