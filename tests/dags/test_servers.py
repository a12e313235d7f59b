"""The real servers in a home of their own: what a person does there, and what goes wrong."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from cca.demo.generate import generate
from cca.doctor.reconcile import reconcile
from cca.errors import ServiceDown
from cca.gold import runs
from cca.gold.state import published_high_water_mark
from cca.gold.summary import Summary, summary
from cca.load.warehouse import writing
from cca.mongo import archive
from cca.settings import Settings, child_environment
from cca.stack import airflow, postgres, processes, stack, supervisor
from cca.stack.airflow_api import FINISHED, AirflowApi
from cca.stack.pipeline_run import publish_newest
from cca.stack.stack import Kind, Message
from cca.sync_agent.agent import sync_once
from cca.transform import prepared, recording
from cca.transform.build import recording_key
from tests.helpers import eventually, free_port

pytestmark = [pytest.mark.timeout(900)]

PIPELINE = "conversation_pipeline"


@pytest.fixture(scope="module")
def served(
    airflow_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Airflow's four processes over a database with four conversations, published once."""
    home = tmp_path_factory.mktemp("servers")
    settings = airflow_settings.model_copy(
        update={
            "cca_home": home / "home",
            "claude_dir": str(home / "sample" / "projects"),
            "mongo_db": "test_servers",
            "airflow_port": free_port(),
            "pipeline_minutes": 0,
        }
    )
    # As the command does.
    umask = os.umask(0o077)
    generate(home / "sample", sessions=4, seed=11)
    sync_once(settings, settings.mongo_uri)
    problems: list[Message] = []
    assert stack.bring_up(settings, ["airflow"], problems.append) == {"airflow"}, problems
    yield settings
    stack.take_down(settings, lambda _: None)
    os.umask(umask)


@pytest.fixture(scope="module")
def api(served: Settings) -> Iterator[AirflowApi]:
    with AirflowApi(served) as api:
        api.sign_in()
        yield api


@pytest.fixture(scope="module")
def published(served: Settings) -> Settings:
    """What the first test leaves, also where only the long ones run."""
    publish_newest(served, lambda _: None)
    return served


def ended(api: AirflowApi, run_id: str, dag_id: str = PIPELINE) -> str:
    return str(eventually(lambda: (s := api.run_state(run_id, dag_id)) in FINISHED and s, 300))


def signed_in(settings: Settings, user: str) -> str:
    body = {"username": user, "password": airflow.logins(settings)[user]}
    url = f"http://127.0.0.1:{settings.airflow_port}/auth/token"
    answer = httpx.post(url, json=body, trust_env=False, timeout=20)
    return str(answer.raise_for_status().json()["access_token"])


def call(
    settings: Settings, user: str, method: str, path: str, conf: dict[str, Any] | None = None
) -> httpx.Response:
    return httpx.request(
        method,
        f"http://127.0.0.1:{settings.airflow_port}/api/v2{path}",
        json=None if conf is None else {"logical_date": None, "conf": conf},
        headers={"Authorization": f"Bearer {signed_in(settings, user)}"},
        trust_env=False,
        timeout=20,
    )


def run_by_command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("cca"), "run", *arguments],
        env=child_environment(settings.as_environment()),
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


def logs_of(settings: Settings, run_id: str, task_id: str) -> list[Path]:
    return sorted(settings.logs_dir.rglob(f"run_id={run_id}/task_id={task_id}/*.log"))


def archived(settings: Settings, since: datetime, until_: datetime) -> int:
    with archive.connect(settings.mongo_uri) as client:
        happened = {"eventAt": {"$gte": since, "$lt": until_}}
        return archive.conversations(client, settings).count_documents(happened)


def loaded(settings: Settings, since: datetime, until_: datetime) -> int:
    query = "select count(*) from raw.conversations where event_at >= ? and event_at < ?"
    with writing(settings) as warehouse:
        return int(warehouse.execute(query, (since, until_)).fetchall()[0][0])


def busiest_hour(settings: Settings) -> datetime:
    """Of what was never published."""
    published = published_high_water_mark(settings)
    with archive.connect(settings.mongo_uri) as client:
        (found,) = archive.conversations(client, settings).aggregate(
            [
                {"$match": {"ingestedAt": {"$gt": published}}},
                {
                    "$group": {
                        "_id": {"$dateTrunc": {"date": "$eventAt", "unit": "hour"}},
                        "n": {"$sum": 1},
                    }
                },
                {"$sort": {"n": -1}},
                {"$limit": 1},
            ]
        )
    hour: datetime = found["_id"]
    return hour


@contextmanager
def broken_model(settings: Settings) -> Iterator[None]:
    """A foreign key that another table holds: dbt can neither rename nor drop `dim_date`."""
    with writing(settings) as warehouse:
        for statement in (
            "create table main.kept as select * from marts.dim_date",
            "drop table marts.dim_date",
            "create table marts.dim_date (day date primary key)",
            "create table marts.blocker (day date references marts.dim_date (day))",
        ):
            warehouse.execute(statement)
    try:
        yield
    finally:
        with writing(settings) as warehouse:
            for table in ("marts.blocker", "marts.dim_date"):
                warehouse.execute(f"drop table {table}")
            warehouse.execute("create table marts.dim_date as select * from main.kept")
            warehouse.execute("drop table main.kept")


def numbers(settings: Settings) -> Summary:
    found = summary(settings)
    assert found is not None
    return found


def test_up_publishes_and_every_model_s_task_is_green(served: Settings, api: AirflowApi):
    said: list[Message] = []
    assert publish_newest(served, said.append)
    # The first hourly run may have come before the one that the command started.
    of_runs = {run["dag_run_id"]: api.tasks(run["dag_run_id"]) for run in api.runs()}
    (run_id,) = [run for run, states in of_runs.items() if states["publish"] == "success"]
    states = of_runs[run_id]
    models = {name: state for name, state in states.items() if name.count(".") == 2}
    assert len(models) > 50
    assert set(models.values()) == {"success"}
    assert states["publish"] == states["dbt.dbt_build"] == "success"
    assert all(message.kind is Kind.WORKING for message in said)
    recorded = eventually(lambda: runs.latest(served, PIPELINE), 300)
    assert (run_id, "success") in [(run.run_id, run.state) for run in recorded]


def test_a_run_with_nothing_new_skips_dbt_and_publish_for_all_to_see(api: AirflowApi):
    run_id = api.trigger()
    assert ended(api, run_id) == "success"
    states = api.tasks(run_id)
    assert states["load"] == "success"
    skipped = {name for name, state in states.items() if state == "skipped"}
    assert skipped == {"publish"} | {n for n in states if n.startswith("dbt.")}


def test_a_bad_value_is_refused_by_the_form_or_named_by_the_first_task(
    served: Settings, api: AirflowApi
):
    for wrong in ({"storage_format": "csv"}, {"since": 7}, {"full_refresh": "perhaps"}):
        answer = call(served, "admin", "POST", f"/dags/{PIPELINE}/dagRuns", wrong)
        assert answer.status_code == 400
        assert next(iter(wrong)) in answer.text
    backwards = {"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    run_id = api.trigger(conf=backwards)
    assert ended(api, run_id) == "failed"
    states = api.tasks(run_id)
    assert states["resolve_window"] == "failed"
    assert "extract" not in states or states["extract"] == "upstream_failed"
    (log,) = served.logs_dir.rglob(f"*{run_id}*/task_id=resolve_window/*.log")
    assert "since (2026-02-01T00:00:00+00:00) must be before until" in log.read_text()
    assert log.name == "attempt=1.log"


def test_a_run_of_a_paused_dag_is_refused_with_what_to_do(served: Settings, api: AirflowApi):
    api._request("PATCH", f"/api/v2/dags/{PIPELINE}", json={"is_paused": True})
    try:
        done = run_by_command(served, "pipeline")
        assert done.returncode == 1
        assert f"{PIPELINE} is paused" in done.stderr
        assert f"cca airflow dags unpause {PIPELINE}" in done.stderr
        assert "is paused" in run_by_command(served, "daily").stderr
    finally:
        api._request("PATCH", f"/api/v2/dags/{PIPELINE}", json={"is_paused": False})


def test_a_viewer_looks_and_triggers_nothing_and_a_stranger_sees_nothing(served: Settings):
    assert call(served, "viewer", "GET", f"/dags/{PIPELINE}").status_code == 200
    answer = call(served, "viewer", "POST", f"/dags/{PIPELINE}/dagRuns", {})
    assert answer.status_code == 403
    base = f"http://127.0.0.1:{served.airflow_port}"
    for path in (f"/api/v2/dags/{PIPELINE}", "/cca/freshness"):
        assert httpx.get(base + path, trust_env=False).status_code == 401
    wrong = {"username": "admin", "password": "wrong"}
    assert httpx.post(f"{base}/auth/token", json=wrong, trust_env=False).status_code == 401


def test_the_freshness_page_says_that_all_is_published(served: Settings):
    token = signed_in(served, "viewer")
    answer = httpx.get(
        f"http://127.0.0.1:{served.airflow_port}/cca/freshness",
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    found = answer.raise_for_status().json()
    assert found["is_behind"] is False
    assert found["last_run"]["dag_id"] == PIPELINE


def test_a_person_finds_freshness_on_home_and_on_the_dag_and_the_way_to_the_browser(
    served: Settings, chromium: Any
):
    base = f"http://localhost:{served.airflow_port}"
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(90_000)
    page.goto(f"{base}/auth/login")
    page.get_by_label("Username").fill("viewer")
    page.get_by_label("Password").fill(airflow.logins(served)["viewer"])
    page.get_by_role("button", name="Sign in").click()
    card = page.get_by_test_id("cca-freshness")
    card.get_by_text("published up to").wait_for()
    run = card.get_by_role("link").get_attribute("href")
    assert run
    assert run.startswith(f"/dags/{PIPELINE}/runs/")
    page.get_by_role("button", name="Browse").first.click()
    link = page.get_by_role("menuitem", name="Conversations")
    link.wait_for()
    assert page.get_by_role("menuitem", name="Metabase").count() == 0, "there is none"
    found = [each.get_attribute("href") for each in page.locator("a[href]").all()]
    assert served.browser_address in found
    page.goto(f"{base}/dags/{PIPELINE}")
    page.get_by_text("Freshness").first.click()
    page.get_by_test_id("cca-freshness").get_by_text("published up to").wait_for()
    page.close()


def test_nothing_listens_beyond_this_machine_and_no_secret_is_readable_by_others(served: Settings):
    connections: list[Any] = []
    for process in processes.ours(served):
        # Airflow reads each DAG file in a process that soon ends.
        with suppress(psutil.NoSuchProcess):
            connections += process.net_connections("inet")
    listening = [each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}
    files = [path for path in served.cca_home.rglob("*") if path.is_file()]
    assert served.airflow_home / "passwords.json" in files
    assert served.airflow_home / "airflow.cfg" in files
    assert [
        path for path in files if path.stat().st_mode & 0o077 and path.suffix != ".duckdb"
    ] == []
    assert served.cca_home.stat().st_mode & 0o077 == 0


@pytest.mark.long
def test_three_hours_backfilled_at_once_hold_what_happened_in_them(
    published: Settings, api: AirflowApi, tmp_path: Path
):
    generate(tmp_path / "more", sessions=3, seed=12)
    more = published.model_copy(update={"claude_dir": str(tmp_path / "more" / "projects")})
    sync_once(more, more.mongo_uri)
    since = busiest_hour(published)
    until_ = since + timedelta(hours=3)
    assert loaded(published, since, until_) < archived(published, since, until_)

    backfill = api.backfill(since, since + timedelta(hours=2), at_once=3, again="completed")
    eventually(lambda: api.has_ended(backfill), 600)
    found = [run for run in api.runs(20) if run["run_type"] == "backfill"]
    assert [run["state"] for run in found] == ["success"] * 3
    assert {run["data_interval_start"][:13] for run in found} == {
        f"{since + timedelta(hours=hour):%Y-%m-%dT%H}" for hour in range(3)
    }
    assert loaded(published, since, until_) == archived(published, since, until_)
    begin, end = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    assert loaded(published, begin, end) < archived(published, begin, end), (
        "no more than was asked for"
    )

    run_id = api.trigger()
    assert ended(api, run_id) == "success"
    assert loaded(published, begin, end) == archived(published, begin, end)


@pytest.mark.long
def test_three_days_of_hours_are_backfilled_by_the_command_while_a_run_builds(
    published: Settings, api: AirflowApi
):
    assert postgres.is_used(published)
    building = api.trigger(conf={"full_refresh": True})
    done = run_by_command(
        published, "backfill", "--json", "--since", "2020-02-01", "--until", "2020-02-04"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["states"] == ["success"] * 72
    assert ended(api, building) == "success"


@pytest.mark.long
def test_a_killed_database_of_airflow_leaves_the_run_that_goes_on_whole(
    published: Settings, api: AirflowApi
):
    run_id = api.trigger(conf={"full_refresh": True})
    eventually(lambda: api.tasks(run_id).get("load") == "running", 120)
    os.kill(supervisor.processes(published)["postgres"]["pid"], signal.SIGKILL)
    eventually(lambda: not api.missing_components(), 120)
    assert ended(api, run_id) == "success"


@pytest.mark.long
def test_a_refused_backfill_tells_airflow_s_own_reason(published: Settings, api: AirflowApi):
    since = datetime(2020, 3, 1, tzinfo=UTC)
    api.backfill(since, since + timedelta(hours=9), at_once=1, again="none")
    with pytest.raises(ServiceDown, match=r"409, .*running backfill"):
        api.backfill(since, since, at_once=1, again="none")


@pytest.mark.long
def test_a_model_that_fails_once_heals_alone(published: Settings, api: AirflowApi):
    before = numbers(published)
    with broken_model(published):
        run_id = api.trigger(conf={"full_refresh": True})
        eventually(lambda: api.tasks(run_id).get("dbt.marts.dim_date") == "up_for_retry", 400)
    assert ended(api, run_id) == "success"
    assert api.tasks(run_id)["publish"] == "success"
    assert numbers(published) == before
    attempts = {path.name for path in logs_of(published, run_id, "dbt.marts.dim_date")}
    assert "attempt=2.log" in attempts


@pytest.mark.long
def test_a_model_that_fails_for_good_keeps_gold_as_it_is(published: Settings, api: AirflowApi):
    gold, before = published.gold_path.resolve(), numbers(published)
    with broken_model(published):
        run_id = api.trigger(conf={"full_refresh": True})
        assert eventually(lambda: (s := api.run_state(run_id)) in FINISHED and s, 500) == "failed"
    states = api.tasks(run_id)
    assert states["dbt.marts.dim_date"] == "failed"
    assert states["publish"] == "upstream_failed"
    assert published.gold_path.resolve() == gold
    assert numbers(published) == before


@pytest.mark.long
@pytest.mark.parametrize(
    "dag_id", ["daily_full_refresh", "maintenance", "freshness_alert", "new_conversations"]
)
def test_a_dag_of_the_schedule_ends_green(published: Settings, api: AirflowApi, dag_id: str):
    run_id = api.trigger(dag_id)
    assert eventually(lambda: (s := api.run_state(run_id, dag_id)) in FINISHED and s, 800)
    assert set(states_of(api, run_id, dag_id).values()) <= {"success", "skipped"}
    assert api.run_state(run_id, dag_id) == "success"
    is_sound(published)


@pytest.mark.long
def test_news_start_no_run_while_another_one_goes_on(published: Settings, api: AirflowApi):
    api._request("PATCH", f"/api/v2/dags/{PIPELINE}", json={"is_paused": True})
    waiting = api.trigger()
    run_id = api.trigger("new_conversations")
    eventually(lambda: api.run_state(run_id, "new_conversations") in FINISHED, 300)
    states = states_of(api, run_id, "new_conversations")
    assert states == {"published_state": "skipped", "trigger": "skipped"}
    api._request("PATCH", f"/api/v2/dags/{PIPELINE}", json={"is_paused": False})
    assert ended(api, waiting) == "success"


def states_of(api: AirflowApi, run_id: str, dag_id: str) -> dict[str, str]:
    path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
    found = api._request("GET", path).json()["task_instances"]
    return {each["task_id"]: each["state"] for each in found}


def leave_to_dbt(settings: Settings) -> None:
    """The next build is dbt's: one that repeats statements might end before it is killed."""
    recording.forget(settings)
    prepared.note_path(settings, recording_key(settings)).touch()


def is_sound(settings: Settings) -> None:
    checks = list(reconcile(settings, settings.mongo_uri))
    assert checks
    assert [check for check in checks if check.status == "fail"] == []


@pytest.mark.long
def test_a_scheduler_killed_in_mid_run_ends_the_run_after_its_restart(
    published: Settings, api: AirflowApi
):
    leave_to_dbt(published)
    run_id = api.trigger(conf={"full_refresh": True})
    eventually(lambda: api.tasks(run_id).get("dbt.dbt_build") == "running", 300)
    killed = supervisor.processes(published)["airflow-scheduler"]["pid"]
    os.kill(killed, signal.SIGKILL)
    eventually(
        lambda: supervisor.processes(published)["airflow-scheduler"]["pid"] not in (0, killed), 300
    )
    assert eventually(lambda: (s := api.run_state(run_id)) in FINISHED and s, 800) == "success"
    is_sound(published)


@pytest.mark.long
@pytest.mark.parametrize("task_id", ["load", "dbt.dbt_build", "publish"])
def test_a_task_killed_in_mid_run_is_tried_again_and_loses_nothing(
    published: Settings, api: AirflowApi, task_id: str
):
    leave_to_dbt(published)
    run_id = api.trigger(conf={"full_refresh": True})
    eventually(lambda: api.tasks(run_id).get(task_id) == "running", 300)
    title = f"airflow worker -- {instance_id(api, run_id, task_id)}"
    workers = [each for each in processes.ours(published) if is_titled(each, title)]
    assert workers
    for each in workers:
        each.kill()
    assert eventually(lambda: (s := api.run_state(run_id)) in FINISHED and s, 800) == "success"
    assert len(logs_of(published, run_id, task_id)) > 1
    is_sound(published)


def instance_id(api: AirflowApi, run_id: str, task_id: str) -> str:
    path = f"/api/v2/dags/{PIPELINE}/dagRuns/{run_id}/taskInstances/{task_id}"
    return str(api._request("GET", path).json()["id"])


def is_titled(process: psutil.Process, title: str) -> bool:
    with suppress(psutil.Error):
        return title in " ".join(process.cmdline())
    return False
