"""The state of every part, of the last pipeline run, and of what waits."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from cca.errors import CcaError
from cca.gold import runs
from cca.gold.freshness import Freshness, freshness
from cca.gold.runs import Run
from cca.settings import Settings
from cca.stack import containers, health, kind, readiness, supervisor
from cca.stack.airflow_api import FINISHED, AirflowApi
from cca.stack.kind import StackKind
from cca.stack.programs import Part, Program, parts
from cca.timetable import PIPELINE

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
    # None where it cannot be seen
    going: list[str] | None
    kind: StackKind
    is_gold_seen: bool
    runs: list[Run]
    pending: int | None
    dead_letters: int | None


def stack_status(settings: Settings) -> StackStatus:
    """Check all parts; reports parts that are down and raises nothing."""
    seen = _answering if containers.is_container(settings) else _supervised
    # At the same time: each may wait for a server that hangs.
    with ThreadPoolExecutor() as pool:
        fresh = pool.submit(freshness, settings)
        health_of_agent = pool.submit(readiness.agent_health, settings)
        programs = seen(settings)
        agent = health_of_agent.result() or {}
    return StackStatus(
        programs=programs,
        freshness=fresh.result(),
        going=_going(settings, programs),
        kind=kind.chosen(settings),
        is_gold_seen=containers.is_here(settings, settings.gold_path.parent),
        runs=runs.latest(settings)[-_RUNS_SHOWN:],
        pending=agent.get("pending"),
        dead_letters=agent.get("deadLetters"),
    )


def _supervised(settings: Settings) -> list[ProgramStatus]:
    """What the supervisor knows of each program, and whether its part answers."""
    known, found = supervisor.processes(settings), parts(settings)
    with ThreadPoolExecutor() as pool:
        answers = pool.map(partial(readiness.answers, settings), found)
        return [
            _program(part, each, known.get(each.name), answers=does_answer)
            for part, does_answer in zip(found, answers, strict=True)
            for each in part.programs
        ]


def _answering(settings: Settings) -> list[ProgramStatus]:
    """What each part answers over the network: another container's processes cannot be seen."""
    found, known = [], parts(settings)
    with ThreadPoolExecutor() as pool:
        all_states = list(pool.map(partial(health.states, settings), known))
    for part, states in zip(known, all_states, strict=True):
        for each in part.programs:
            state = states.get(each.name, "unknown")
            is_up = state == "running"
            url = part.address_of(each)
            found.append(ProgramStatus(part.name, each.name, state, is_up, None, None, url))
    return found


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
        url=part.address_of(program),
    )


def _going(settings: Settings, programs: list[ProgramStatus]) -> list[str] | None:
    """Runs that are not through yet, Airflow's of the pipeline; None where it cannot be asked."""
    ours = runs.going(settings)
    if not any(each.part == "airflow" and each.answers for each in programs):
        return None if any(each.state == "unknown" for each in programs) else ours
    try:
        with AirflowApi(settings) as airflow:
            airflow.sign_in()
            found = airflow.runs()
            hint = ", its DAG is paused" if airflow.paused(PIPELINE) else ""
    except CcaError:
        return None
    going = [run for run in found if run["state"] not in FINISHED]
    return ours + [f"{run['dag_run_id']}, {run['state']}{hint}" for run in going]
