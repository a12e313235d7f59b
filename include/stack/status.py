"""The state of every part, of the last pipeline run, and of what waits."""

import time
from dataclasses import dataclass
from typing import Any

from cca.errors import CcaError
from cca.gold.freshness import Freshness, freshness
from cca.gold.runs import Run, latest
from cca.settings import Settings
from cca.stack import readiness, supervisor
from cca.stack.airflow_api import FINISHED, AirflowApi
from cca.stack.programs import Part, Program, parts

_RUNS_SHOWN = 5


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
    going: list[str]
    runs: list[Run]
    pending: int | None
    dead_letters: int | None


def stack_status(settings: Settings) -> StackStatus:
    """Check all parts; reports parts that are down and raises nothing."""
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
        going=_going(settings, programs),
        runs=latest(settings)[-_RUNS_SHOWN:],
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


def _going(settings: Settings, programs: list[ProgramStatus]) -> list[str]:
    """Pipeline runs that are not through yet."""
    if not any(each.part == "airflow" and each.answers for each in programs):
        return []
    try:
        with AirflowApi(settings) as airflow:
            airflow.sign_in()
            runs = airflow.runs()
    except CcaError:
        return []
    return [f"{run['dag_run_id']}, {run['state']}" for run in runs if run["state"] not in FINISHED]
