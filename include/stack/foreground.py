"""Airflow in the foreground: its four processes as children of one command, or one in our place."""

import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from cca import ports
from cca.settings import Settings, child_environment
from cca.stack import airflow, postgres, run_folder
from cca.stack.programs import AIRFLOW

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
COMPONENTS = {
    **{program.name.removeprefix("airflow-"): program.command[3:] for program in AIRFLOW},
    "worker": ("celery", "worker", "--skip-serve-logs"),
}


def run_airflow(settings: Settings) -> int:
    """Run until a signal or until one of the four ends; then stop the others."""
    ports.require_free("127.0.0.1", settings.airflow_port, setting="AIRFLOW_PORT", server="Airflow")
    if remark := postgres.ensure(settings):
        log.warning("%s", remark)
    with postgres.serving(settings):
        return _run_all(settings)


def _run_all(settings: Settings) -> int:
    airflow.prepare(settings)
    environment = settings.as_environment() | airflow.airflow_environment(settings)
    children = [
        subprocess.Popen(  # noqa: S603
            program.command,
            env=child_environment(environment | run_folder.marked(settings)),
            stdin=subprocess.DEVNULL,
            umask=0o077,
            process_group=0,
        )
        for program in AIRFLOW
    ]
    stopping = _on_signal()
    while not stopping and all(child.poll() is None for child in children):
        time.sleep(_POLL_SECONDS)
    return _stop(children, asked=bool(stopping))


def become(settings: Settings, component: str) -> NoReturn:
    """Turn this process into one of Airflow's: signals and exit code are its own."""
    if postgres.is_used(settings):
        postgres.require(settings)
    environment = settings.as_environment() | airflow.airflow_environment(settings)
    os.umask(0o077)
    command = [sys.executable, "-m", "airflow", *COMPONENTS[component]]
    os.execve(sys.executable, command, child_environment(environment))  # noqa: S606


def _on_signal() -> list[int]:
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, note)
    return received


def _stop(children: list[subprocess.Popen[bytes]], *, asked: bool) -> int:
    codes = [child.poll() for child in children]
    for child in children:
        _signal_group(child, signal.SIGTERM)
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=30)
        _signal_group(child, signal.SIGKILL)
    return 0 if asked else next((code for code in codes if code), 1)


def _signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)
