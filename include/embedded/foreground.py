"""Airflow's four processes as children of one command, for development, containers, systemd."""

import logging
import os
import signal
import subprocess
import time
from contextlib import suppress
from types import FrameType

from include.embedded import airflow, ports, supervisor
from include.embedded.airflow_api import AirflowApi
from include.embedded.programs import AIRFLOW
from include.errors import CcaError
from include.settings import Settings, child_environment

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5


def run_airflow(settings: Settings) -> int:
    """Run until a signal or until one of the four ends; then stop the others."""
    ports.require_free("127.0.0.1", settings.airflow_port, setting="AIRFLOW_PORT", server="Airflow")
    airflow.prepare(settings)
    environment = settings.as_environment() | airflow.airflow_environment(settings)
    children = [
        subprocess.Popen(  # noqa: S603
            program.command,
            env=child_environment(environment | supervisor.marked(settings)),
            stdin=subprocess.DEVNULL,
            umask=0o077,
            process_group=0,
        )
        for program in AIRFLOW
    ]
    stopping = _on_signal()
    has_pool = False
    while not stopping and all(child.poll() is None for child in children):
        has_pool = has_pool or _made_pool(settings)
        time.sleep(_POLL_SECONDS)
    return _stop(children, asked=bool(stopping))


def _on_signal() -> list[int]:
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, note)
    return received


def _made_pool(settings: Settings) -> bool:
    with AirflowApi(settings) as api:
        if "api_server" in (missing := api.missing_components()):
            return False
        try:
            api.sign_in()
            api.ensure_pool()
        except CcaError as error:
            log.warning("%s", error)
            return False
    return not missing


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
