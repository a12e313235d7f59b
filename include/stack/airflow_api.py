"""Airflow's REST API, as far as the stack needs it."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from cca.errors import ServiceDown
from cca.settings import Settings
from cca.stack import containers
from cca.stack.airflow import api_address, has_logins, logins
from cca.timetable import PIPELINE

FINISHED = frozenset({"success", "failed"})
_COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
# Airflow answers a rare write conflict with a 500 or 503: asked again, it is gone
_ATTEMPTS = 5


class AirflowApi:
    """A signed-in session; calls that meet a server error are repeated."""

    def __init__(self, settings: Settings, base_url: str = "") -> None:
        self._settings = settings
        base_url = base_url or api_address(settings)
        self._client = httpx.Client(base_url=base_url, timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def components(self) -> dict[str, str]:
        """What the API says of each component: healthy, unhealthy; empty while it is away."""
        try:
            answer = self._client.get("/api/v2/monitor/health", timeout=5)
            health = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return {}
        return {name: (health.get(name) or {}).get("status") or "unhealthy" for name in _COMPONENTS}

    def missing_components(self) -> list[str]:
        """What does not yet answer: the API itself, or components that are not healthy."""
        found = self.components()
        missing = [name for name, status in found.items() if status != "healthy"]
        return missing if found else ["api_server"]

    def sign_in(self) -> None:
        """Get a token as admin; what answers with another password is not our Airflow.

        Raises: ServiceDown where it refuses, and in a container without Airflow's passwords.
        """
        if containers.is_container(self._settings) and not has_logins(self._settings):
            raise ServiceDown(
                f"Airflow's passwords are in a volume that {self._settings.cca_service} has not; "
                f"run this as `{containers.TOOLS} …`"
            )
        body = {"username": "admin", "password": logins(self._settings)["admin"]}
        answer = self._request("POST", "/auth/token", json=body)
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def has_dag(self) -> bool:
        """Tells whether the pipeline DAG was parsed."""
        return self._client.get(f"/api/v2/dags/{PIPELINE}").status_code == httpx.codes.OK

    def paused(self, *dag_ids: str) -> list[str]:
        """Those of the DAGs that are paused: their runs wait until somebody unpauses them."""
        return [
            dag_id
            for dag_id in dag_ids
            if self._request("GET", f"/api/v2/dags/{dag_id}").json()["is_paused"]
        ]

    def import_errors(self) -> list[str]:
        """Why DAG files could not be parsed."""
        found = self._request("GET", "/api/v2/importErrors").json()["import_errors"]
        return [f"{each['filename']}: {each['stack_trace']}" for each in found]

    def runs(self, limit: int = 10) -> list[dict[str, Any]]:
        """The newest runs of the pipeline, newest first."""
        query = {"limit": limit, "order_by": "-run_after"}
        found: list[dict[str, Any]] = self._request(
            "GET", f"/api/v2/dags/{PIPELINE}/dagRuns", params=query
        ).json()["dag_runs"]
        return found

    def trigger(self, dag_id: str = PIPELINE, conf: dict[str, Any] | None = None) -> str:
        """Start a run with the form's values and return its id."""
        body: dict[str, Any] = {"logical_date": None, "conf": conf or {}}
        answer = self._request("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)
        return str(answer.json()["dag_run_id"])

    def backfill(self, since: datetime, until: datetime, *, at_once: int, again: str) -> int:
        """Start one run for each hour in between; `again` is none, failed or completed."""
        body = {
            "dag_id": PIPELINE,
            "from_date": since.isoformat(),
            "to_date": until.isoformat(),
            "max_active_runs": at_once,
            "reprocess_behavior": again,
        }
        # Airflow makes all the runs before it answers; asked again meanwhile, it would refuse.
        answer = self._request("POST", "/api/v2/backfills", json=body, timeout=600)
        return int(answer.json()["id"])

    def has_ended(self, backfill_id: int) -> bool:
        """Tells whether all runs of a backfill came to their end."""
        found = self._request("GET", f"/api/v2/backfills/{backfill_id}").json()
        return found["completed_at"] is not None

    def backfilled(self, since: datetime, until: datetime) -> list[str]:
        """State of each run that a backfill made for an hour in between."""
        path = f"/api/v2/dags/{PIPELINE}/dagRuns"
        query: dict[str, Any] = {
            "run_type": "backfill",
            "logical_date_gte": since.isoformat(),
            "logical_date_lt": until.isoformat(),
            # Airflow gives no more at a time, whatever is asked for.
            "limit": 100,
        }
        states: list[str] = []
        while page := self._request(
            "GET", path, params=query | {"offset": len(states), "order_by": "logical_date"}
        ).json()["dag_runs"]:
            states += [run["state"] for run in page]
        return states

    def run_state(self, run_id: str, dag_id: str = PIPELINE) -> str:
        """State of one run: queued, running, success or failed."""
        return str(self._request("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}").json()["state"])

    def tasks(self, run_id: str) -> dict[str, str]:
        """State of each task of a run."""
        path = f"/api/v2/dags/{PIPELINE}/dagRuns/{run_id}/taskInstances"
        found = self._request("GET", path, params={"limit": 500}).json()["task_instances"]
        return {each["task_id"]: each["state"] or "waiting" for each in found}

    def _request(
        self, method: str, path: str, *, accept: set[int] | None = None, **options: Any
    ) -> httpx.Response:
        def attempt() -> httpx.Response:
            answer = self._client.request(method, path, **options)
            if answer.status_code in (accept or set()):
                return answer
            return answer.raise_for_status()

        return _repeated(attempt, f"Airflow at {self._client.base_url}: {method} {path}")


def _repeated(attempt: Callable[[], httpx.Response], what: str) -> httpx.Response:
    for number in range(1, _ATTEMPTS + 1):
        try:
            return attempt()
        except httpx.HTTPError as error:
            if _is_refused(error) or number == _ATTEMPTS:
                message = f"{what}: {_reason(error)}"
                raise ServiceDown(message) from error
        time.sleep(number)
    raise AssertionError


def _reason(error: httpx.HTTPError) -> str:
    """Airflow's own text where it gave one; httpx knows the status only."""
    if not isinstance(error, httpx.HTTPStatusError):
        return str(error)
    with suppress(ValueError, TypeError, KeyError):
        detail = error.response.json()["detail"]
        text = detail if isinstance(detail, str) else json.dumps(detail)
        return f"{error.response.status_code}, {text}"
    return str(error)


def _is_refused(error: httpx.HTTPError) -> bool:
    """Tells whether asking again would get the same answer."""
    return isinstance(error, httpx.HTTPStatusError) and not error.response.is_server_error
