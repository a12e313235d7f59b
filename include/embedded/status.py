"""The state of every part, of the last pipeline run, and of what waits."""

import time
from dataclasses import dataclass
from typing import Any

from include.embedded import readiness, supervisor
from include.embedded.airflow_api import AirflowApi
from include.embedded.freshness import Freshness, freshness
from include.embedded.programs import Part, Program, parts
from include.errors import CcaError
from include.settings import Settings


@dataclass(frozen=True)
class ProgramStatus:
    """One process: `answers` tells whether its part does its work."""

    part: str
    program: str
    state: str
    answers: bool
    pid: int | None
    uptime_seconds: int | None
    url: str | None


@dataclass(frozen=True)
class StackStatus:
    """Everything `cca status` shows."""

    programs: list[ProgramStatus]
    freshness: Freshness
    last_run: dict[str, Any] | None
    pending: int | None
    dead_letters: int | None


def stack_status(settings: Settings) -> StackStatus:
    """Look at all parts; what is down is told as such and raises nothing."""
    known = supervisor.processes(settings)
    programs: list[ProgramStatus] = []
    for part in parts(settings):
        answers = readiness.answers(settings, part)
        programs += [
            _program(part, each, known.get(each.name), answers=answers) for each in part.programs
        ]
    health = readiness.agent_health(settings) or {}
    return StackStatus(
        programs=programs,
        freshness=freshness(settings),
        last_run=_last_run(settings, programs),
        pending=health.get("pending"),
        dead_letters=health.get("deadLetters"),
    )


def _program(
    part: Part, program: Program, known: dict[str, Any] | None, *, answers: bool
) -> ProgramStatus:
    state = str(known["statename"]).lower() if known else "stopped"
    is_up = known is not None and state in {"running", "stopping"}
    return ProgramStatus(
        part=part.name,
        program=program.name,
        state=state,
        answers=answers,
        pid=known["pid"] if known and is_up else None,
        uptime_seconds=max(0, int(time.time()) - known["start"]) if known and is_up else None,
        url=part.url,
    )


def _last_run(settings: Settings, programs: list[ProgramStatus]) -> dict[str, Any] | None:
    if not any(each.part == "airflow" and each.answers for each in programs):
        return None
    try:
        with AirflowApi(settings) as airflow:
            airflow.sign_in()
            runs = airflow.runs(1)
    except CcaError:
        return None
    fields = ("dag_run_id", "run_type", "state", "start_date", "end_date", "duration")
    return {name: runs[0].get(name) for name in fields} if runs else None
