from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cca.demo.generate import generate
from cca.gold.freshness import freshness
from cca.gold.summary import summary
from cca.settings import Settings
from cca.sync_agent.agent import sync_once

pytestmark = pytest.mark.timeout(300)

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


@pytest.fixture(scope="module")
def sample(airflow_settings: Settings) -> dict[str, Any]:
    """A handful of conversations in MongoDB, and what they add up to."""
    truth = generate(Path(airflow_settings.claude_dir).parent, sessions=4, seed=7)
    sync_once(airflow_settings, airflow_settings.mongo_uri)
    return truth.as_json()["totals"]


def test_a_run_publishes_what_mongodb_has_and_the_next_finds_nothing_new(
    airflow_settings: Settings, sample: dict[str, Any], in_airflow: Any
):
    assert freshness(airflow_settings).is_behind
    first, second = in_airflow(RUN_THE_DAG)

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
