"""`cca run`: triggers Airflow's DAGs and waits for them."""

import json
from typing import TYPE_CHECKING, Any

import click

from cca.cli.groups import Group
from cca.terminal import new_console, printable, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from cca.settings import Settings
    from cca.stack.airflow_api import AirflowApi

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group(cls=Group)
def run() -> None:
    """Trigger Airflow's DAGs and wait until they end; the light stack does their work here."""


@run.command()
@click.option("--since", help="Extract again what happened from this time on (ISO, UTC).")
@click.option("--until", help="End of that range (ISO, UTC), exclusive.")
@click.option("--full-backfill", is_flag=True, help="Extract everything again.")
@click.option("--full-refresh", is_flag=True, help="Build every model from scratch.")
@click.option("--format", "storage_format", type=click.Choice(["parquet", "iceberg"]))
@_JSON
def pipeline(as_json: bool, **form: Any) -> None:
    """Run conversation_pipeline once; the options are the fields of its form."""
    from cca.extract.window import parse_bound
    from cca.timetable import PIPELINE

    for name in ("since", "until"):
        at = parse_bound(name, form[name])
        form[name] = at and at.isoformat()
    if _is_light():
        _run_here(PIPELINE, as_json, lambda settings: _pipeline_here(settings, form))
        return
    _trigger(PIPELINE, {name: value for name, value in form.items() if value}, as_json)


@run.command()
@_JSON
def daily(as_json: bool) -> None:
    """Run the nightly full refresh now."""
    from cca import timetable

    if _is_light():
        from cca.schedule import jobs

        _run_here(
            timetable.REFRESH, as_json, lambda settings: jobs.run(settings, timetable.REFRESH)
        )
        return
    # It triggers the pipeline and waits for it.
    _trigger(timetable.REFRESH, {}, as_json, timetable.PIPELINE)


@run.command()
@click.option("--since", required=True, help="First hour (ISO, UTC).")
@click.option("--until", required=True, help="End, exclusive.")
@click.option("--at-once", default=3, show_default=True, help="Runs at the same time.")
@click.option(
    "--again",
    type=click.Choice(["none", "failed", "completed"]),
    default="none",
    show_default=True,
    help="Repeat hours whose run failed, or that completed.",
)
@_JSON
def backfill(since: str, until: str, at_once: int, again: str, as_json: bool) -> None:
    """Run once for each hour: extract what happened then, whenever it arrived."""
    from datetime import timedelta

    from cca.errors import ServiceDown, SettingError
    from cca.extract.window import parse_bound
    from cca.extras import AIRFLOW
    from cca.timetable import PIPELINE

    if _is_light():
        AIRFLOW.require("cca run backfill")
        raise ServiceDown(
            "backfills are runs of Airflow, and the light stack has none: `cca up` starts it, or "
            f"`cca pipeline --since {since} --until {until}` extracts the whole range in one run"
        )
    start, end = parse_bound("since", since), parse_bound("until", until)
    if start is None or end is None or start >= end:
        raise SettingError(f"since ({since}) must be before until ({until})")
    with _signed_in() as airflow:
        _require_unpaused(airflow, PIPELINE)
        # Airflow takes both ends in
        number = airflow.backfill(start, end - timedelta(hours=1), at_once=at_once, again=again)
        _wait(lambda: airflow.has_ended(number), f"backfill {number}")
        states = airflow.backfilled(start, end)
    _print(as_json, {"backfill": number, "states": states})
    _require_success(states)


def _is_light() -> bool:
    from cca.settings import get_settings
    from cca.stack.kind import is_light

    return is_light(get_settings())


def _pipeline_here(settings: "Settings", form: dict[str, Any]) -> None:
    from cca import pipeline as steps
    from cca.extract.window import resolve
    from cca.lake.manifest import with_format
    from cca.mongo.server import serving_mongo

    is_full = bool(form["full_backfill"])
    window = resolve(since=form["since"], until=form["until"], full_backfill=is_full)
    settings = with_format(settings, form["storage_format"])
    with serving_mongo(settings) as uri:
        steps.run(settings, uri, steps.Options(window, bool(form["full_refresh"])))


def _run_here(dag_id: str, as_json: bool, work: "Callable[[Settings], None]") -> None:
    from cca.settings import get_settings

    with new_console(stderr=True).status(f"running {printable(dag_id)}"):
        work(get_settings())
    _print(as_json, {"dag_id": dag_id, "run_id": "light stack", "state": "success"})


def _trigger(dag_id: str, conf: dict[str, Any], as_json: bool, *needed: str) -> None:
    from cca.stack.airflow_api import FINISHED

    with _signed_in() as airflow:
        _require_unpaused(airflow, dag_id, *needed)
        run_id = airflow.trigger(dag_id, conf)
        _wait(lambda: airflow.run_state(run_id, dag_id) in FINISHED, f"{dag_id} {run_id}")
        state = airflow.run_state(run_id, dag_id)
    _print(as_json, {"dag_id": dag_id, "run_id": run_id, "state": state})
    _require_success([state])


def _require_unpaused(airflow: "AirflowApi", *dag_ids: str) -> None:
    from cca.errors import CcaError

    if paused := airflow.paused(*dag_ids):
        raise CcaError(
            f"{', '.join(paused)} is paused, so the run would wait; unpause it in Airflow, or "
            f"with `cca airflow dags unpause {paused[0]}`"
        )


def _signed_in() -> "AirflowApi":
    from cca.errors import ServiceDown
    from cca.settings import get_settings
    from cca.stack.airflow import api_address
    from cca.stack.airflow_api import AirflowApi
    from cca.stack.containers import is_container

    settings = get_settings()
    airflow = AirflowApi(settings)
    if not airflow.components():
        if is_container(settings):
            message = f"Airflow does not answer at {api_address(settings)}: `docker compose ps`"
            raise ServiceDown(message)
        raise ServiceDown("Airflow does not answer (AIRFLOW_PORT); start it with `cca up`")
    airflow.sign_in()
    return airflow


def _wait(has_ended: Any, what: str) -> None:
    import time

    with new_console(stderr=True).status(f"waiting for {printable(what)}"):
        while not has_ended():
            time.sleep(1)


def _print(as_json: bool, result: dict[str, Any]) -> None:
    text = ", ".join(f"{name} {value}" for name, value in result.items())
    say(json.dumps(result) if as_json else text)


def _require_success(states: list[str]) -> None:
    from cca.errors import CcaError

    if wrong := [state for state in states if state != "success"]:
        raise CcaError(f"{len(wrong)} of {len(states)} runs failed; Airflow shows where")
