"""Whether each part answers, and why it does not."""

import json
from pathlib import Path
from typing import Any

import httpx

from cca.locks import holder
from cca.mongo import server
from cca.settings import Settings
from cca.stack import supervisor
from cca.stack.airflow_api import AirflowApi
from cca.stack.log_files import last_lines
from cca.stack.programs import Part
from cca.timetable import lock_path as scheduler_lock_path

# A server of this machine that says nothing for so long does not answer.
_WEB_SECONDS = 3.0
_ENDED = frozenset({"FATAL", "EXITED", "UNKNOWN"})


def answers(settings: Settings, part: Part) -> bool:
    """Tells whether the part does its work now, not only whether its process lives."""
    if not is_running(settings, part):
        return False
    questions = {
        "mongo": lambda: server.running_uri(settings) is not None,
        "sync": lambda: agent_health(settings) is not None,
        "airflow": lambda: _airflow_answers(settings),
        "browser": lambda: browser_serves(part),
        "schedule": lambda: holder(scheduler_lock_path(settings)) is not None,
    }
    return part.name not in questions or questions[part.name]()


def _airflow_answers(settings: Settings) -> bool:
    with AirflowApi(settings) as airflow:
        return not airflow.missing_components()


def is_running(settings: Settings, part: Part) -> bool:
    """Tells whether supervisord has all of the part's processes running."""
    known = supervisor.processes(settings)
    return all(known.get(each.name, {}).get("statename") == "RUNNING" for each in part.programs)


def start_times(settings: Settings, part: Part) -> set[int]:
    """When each of the part's processes was last started: a new time is a restart."""
    known = supervisor.processes(settings)
    return {known[each.name]["start"] for each in part.programs if each.name in known}


def failure(settings: Settings, part: Part, *, is_flapping: bool) -> str | None:
    """Why the part gave up, with the end of its log; None while it may still come."""
    known = supervisor.processes(settings)
    for program in part.programs:
        if is_flapping or known.get(program.name, {}).get("statename") in _ENDED:
            path = log_path(settings, program.name)
            return "\n".join([f"{part.title} does not stay up ({path}):", *last_lines([path])])
    return None


def agent_health(settings: Settings, page: str = "health") -> dict[str, Any] | None:
    """The sync agent's /health or /stats, or None where something else or nothing answers."""
    host = "127.0.0.1" if settings.health_host == "0.0.0.0" else settings.health_host  # noqa: S104
    try:
        url = f"http://{host}:{settings.health_port}/{page}"
        answer = httpx.get(url, timeout=_WEB_SECONDS, trust_env=False)
        health = answer.json()
    except (httpx.HTTPError, json.JSONDecodeError):
        return None
    return health if isinstance(health, dict) and "pending" in health else None


def log_path(settings: Settings, program: str) -> Path:
    """Where the supervisor keeps that program's output."""
    return settings.logs_dir / f"{program}.log"


def browser_serves(part: Part) -> bool:
    """Whether the browser answers, be it with a refusal; a page would wait for MongoDB."""
    try:
        answer = httpx.get(f"{part.url}/healthz", timeout=_WEB_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR
