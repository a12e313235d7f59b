import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cca.demo.generate import generate
from cca.gold.freshness import freshness
from cca.gold.summary import summary
from cca.settings import Settings
from cca.sync_agent.agent import sync_once
from cca.transform.dbt import mart_names
from tests.include.alerts.conftest import Hook, hook

__all__ = ["hook"]

pytestmark = pytest.mark.timeout(900)

# There is no scheduler here, so each model's task takes its report itself.
RUN_THE_DAG = """
from airflow.dag_processing.dagbag import DagBag
dag = DagBag().dags["conversation_pipeline"]
found = []
for _ in range(2):
    run = dag.test()
    states = {each.task_id: str(each.state) for each in run.get_task_instances()}
    found.append({"state": str(run.state), "tasks": states})
"""

# The callback of the DAG sends the message; a retry would wait for 15 seconds.
LOOK_AT_FRESHNESS = """
from airflow.dag_processing.dagbag import DagBag
dag = DagBag().dags["freshness_alert"]
dag.get_task("check").retries = 0
found = str(dag.test().state)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the lineage of the runs goes to."""
    return tmp_path_factory.mktemp("told") / "lineage.jsonl"


@pytest.fixture(scope="module")
def sample(airflow_settings: Settings) -> dict[str, Any]:
    """A handful of conversations in MongoDB, and what they add up to."""
    truth = generate(Path(airflow_settings.claude_dir).parent, sessions=4, seed=7)
    sync_once(airflow_settings, airflow_settings.mongo_uri)
    return truth.as_json()["totals"]


Name = tuple[str, str]


def named(datasets: Iterable[dict[str, Any]]) -> set[Name]:
    return {(each["namespace"], each["name"]) for each in datasets}


def reached(events: list[dict[str, Any]], start: Name) -> set[Name]:
    """Every dataset that is made from this one, over however many jobs."""
    found, more = set[Name](), {start}
    while more:
        found |= more
        more = {
            name
            for event in events
            if named(event["inputs"]) & more
            for name in named(event["outputs"])
        } - found
    return found


def test_entries_that_wait_for_too_long_are_told_with_their_age(
    airflow_settings: Settings, sample: dict[str, Any], in_airflow: Any, hook: Hook
):
    state = freshness(airflow_settings)
    assert state.is_behind
    asked = {"stale_hours": 0.000001, "alert_webhook": hook.url()}
    assert in_airflow(LOOK_AT_FRESHNESS, **asked) == "failed"
    (message,) = hook.received
    assert message["kind"] == "stale"
    assert f"{state.newest_at:%Y-%m-%d}" in message["text"]
    assert "/dags/conversation_pipeline/runs" in message["text"]


def test_a_run_publishes_what_mongodb_has_and_the_next_finds_nothing_new(
    airflow_settings: Settings, sample: dict[str, Any], in_airflow: Any, told: Path
):
    assert freshness(airflow_settings).is_behind
    first, second = in_airflow(RUN_THE_DAG, openlineage_url=told.as_uri())

    assert first["state"] == "success", first["tasks"]
    assert first["tasks"]["dbt.dbt_build"] == "success"
    assert first["tasks"]["publish"] == "success"
    assert first["tasks"]["dbt.marts.fct_messages"] == "success"
    assert first["tasks"]["dbt.all_repaired"] == "skipped"
    numbers = summary(airflow_settings)
    assert numbers is not None
    for name in ("projects", "sessions", "messages", "api_messages", "tool_calls"):
        assert getattr(numbers, name) == sample[name], name
    for name in ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read"):
        assert getattr(numbers, f"{name}_tokens") == sample[f"{name}_tokens"], name
    assert numbers.cost_usd == Decimal(str(sample["cost_usd"])).quantize(Decimal("1e-8"))
    assert not freshness(airflow_settings).is_behind

    assert second["state"] == "success"
    assert second["tasks"]["load"] == "success"
    for name in ("dbt.dbt_build", "dbt.marts.fct_messages", "publish"):
        assert second["tasks"][name] == "skipped"
    assert len(list(airflow_settings.gold_dir.glob("gold-*.duckdb"))) == 1


def test_lineage_leads_from_mongodb_to_each_mart_of_gold(airflow_settings: Settings, told: Path):
    """The two runs before: one that built, one with nothing new."""
    events = [json.loads(line) for line in told.read_text().splitlines()]

    # By the jobs of the models, not by the task that builds them all.
    models = [event for event in events if not event["job"]["name"].endswith(".dbt_build")]
    host = airflow_settings.mongo_uri.rpartition("@")[2].split("/")[0]
    made = reached(models, (f"mongodb://{host}", f"{airflow_settings.mongo_db}.conversations"))
    for mart in mart_names():
        assert (f"duckdb://{airflow_settings.gold_path}", f"current.marts.{mart}") in made
        # The results of builds come of no conversation.
        is_made = (f"duckdb://{airflow_settings.warehouse_path}", f"analytics.marts.{mart}") in made
        assert is_made == (mart != "fct_build_results"), mart
    # That of each model, not only of publish, which reads all marts.
    prompts = [each for each in events if each["job"]["name"].endswith("cca.fct_prompts.build.run")]
    assert [each["eventType"] for each in prompts] == ["START", "COMPLETE"]
    (build,) = {
        event["run"]["runId"]
        for event in events
        if event["job"]["name"] == "conversation_pipeline.dbt.dbt_build" and event["outputs"]
    }
    assert {each["run"]["facets"]["parent"]["run"]["runId"] for each in prompts} == {build}
    facets = prompts[-1]["outputs"][0]["facets"]
    assert "session_id" in {field["name"] for field in facets["schema"]["fields"]}
    assert "dataQualityAssertions" in told.read_text()
    tasks = {event["job"]["name"] for event in events}
    assert not [name for name in tasks if name.startswith("conversation_pipeline.dbt.marts")]
