"""The commands `airflow` and `dbt` themselves, with the environment that the product gives them."""

import codecs
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import IO

from cca.errors import SettingError
from cca.settings import Settings, child_environment
from cca.stack import airflow as airflow_home
from cca.stack import postgres, supervisor
from cca.terminal import coloured, harmless, say, whole
from cca.transform import dbt as transform
from cca.transform import recording

# Without this a selection that matches nothing is a warning, and dbt ends well.
_STRICT = '{"error": ["NoNodesForSelectionCriteria"], "silence": ["%s"]}'
# `python -m dbt.cli.main` warns of itself.
_DBT = "import sys; from dbt.cli.main import cli; sys.argv[0] = 'dbt'; cli()"
# DuckDB's words for a relation that is not there.
_MISSING = re.compile(r"(?:Table|View) with name (\w+) does not exist")
_SILENCED = "UnsupportedConstraintMaterialization"


def airflow(settings: Settings, arguments: Sequence[str]) -> int:
    """Run a command of Airflow's on the tables of this installation; return its exit code.

    Raises:
        SettingError: The running scheduler would run the same tasks as `dags test`.

    """
    if list(arguments[:2]) == ["dags", "test"] and _schedules(settings):
        raise SettingError(
            "the scheduler that runs here would run the tasks of `dags test` as well; trigger the "
            "DAG with `cca airflow dags trigger`, or end the stack first with `cca down`"
        )
    if remark := postgres.ensure(settings):
        sys.stderr.write(f"{remark}\n")
    with postgres.serving(settings):
        airflow_home.prepare(settings)
        environment = settings.as_environment() | airflow_home.airflow_environment(settings)
        return _run([sys.executable, "-m", "airflow", *arguments], environment)


def dbt(settings: Settings, arguments: Sequence[str]) -> int:
    """Run a command of dbt's on the warehouse; return its exit code.

    Unlike a build of the pipeline it runs unit tests as well.

    Raises:
        SettingError: The path of the warehouse holds a sign that dbt waits at for ever.

    """
    settings.require_usable_paths()
    for folder in (transform.target_dir(settings), settings.logs_dir):
        folder.mkdir(parents=True, exist_ok=True)
    recording.forget(settings)
    environment = transform.dbt_environment(settings)
    environment.pop("DBT_EXCLUDE_RESOURCE_TYPES")
    environment["DBT_WARN_ERROR_OPTIONS"] = _STRICT % _SILENCED
    started = time.time()
    code = _run([sys.executable, "-c", _DBT, *arguments], environment)
    if code and (advice := _advice(transform.target_dir(settings) / "run_results.json", started)):
        say(f"cca: {advice}", err=True)
    return code


def _schedules(settings: Settings) -> bool:
    program = supervisor.processes(settings).get("airflow-scheduler", {})
    return bool(program.get("pid"))


def _advice(results: Path, started: float) -> str:
    """What to run where a model failed because one that it reads was never built."""
    try:
        if results.stat().st_mtime < started:
            return ""
        done = json.loads(results.read_text())["results"]
        for one in done:
            if missing := _MISSING.search(str(one["message"])):
                model = str(one["unique_id"]).rsplit(".", 1)[-1]
                return (
                    f"{model} reads {missing[1]}, which was never built; "
                    f"`cca dbt build --select +{model}` builds both"
                )
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return ""


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run the program; a terminal gets none of the sequences that stand in names and rows."""
    streams = (coloured(sys.stdout), coloured(sys.stderr))
    pipes = [subprocess.PIPE if stream.isatty() else None for stream in streams]
    process = subprocess.Popen(  # noqa: S603
        command, env=child_environment(environment), stdout=pipes[0], stderr=pipes[1]
    )
    given = zip((process.stdout, process.stderr), streams, strict=True)
    copiers = [Thread(target=_copy, args=each) for each in given if each[0]]
    for copier in copiers:
        copier.start()
    for copier in copiers:
        copier.join()
    return process.wait()


def _copy(source: IO[bytes], target: IO[str]) -> None:
    """Copy output as it comes, a question without a newline too."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    while piece := os.read(source.fileno(), 64 << 10):
        text, rest = whole(rest + decoder.decode(piece))
        target.write(harmless(text))
        target.flush()
    target.write(harmless(rest))
    target.flush()
