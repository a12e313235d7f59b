"""The DAG that sends the work log, run as Airflow runs it."""

from pathlib import Path
from typing import Any

from cca.settings import Settings
from tests.include.alerts.gold import with_gold

RUN = """
import os
os.environ["CCA_HOME"] = {home!r}
from cca.settings import get_settings
get_settings.cache_clear()
from airflow.dag_processing.dagbag import DagBag
dag = DagBag().dags["work_digest"]
found = []
days = [{{"period": "day", "date": day}} for day in ("2026-10-04", "2026-10-05")]
for conf in ({{}}, *days):
    run = dag.test(run_conf=conf)
    (task,) = run.get_task_instances()
    found.append([str(run.state), str(task.state)])
"""


def test_what_is_chosen_is_sent_and_a_quiet_day_is_skipped(in_airflow: Any, tmp_path: Path) -> None:
    """Nothing is due without DIGEST; a person may choose any day."""
    with_gold(Settings(cca_home=tmp_path, _env_file=None))
    due, worked, quiet = in_airflow(RUN.format(home=str(tmp_path)))
    assert due[1] == quiet[1] == "skipped"
    assert worked == ["success", "success"]
