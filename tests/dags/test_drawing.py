import json
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from cca.settings import PROJECT_DIR, Settings
from cca.stack.drawing import drawing_path
from cca.transform.dbt import target_dir


@pytest.fixture(scope="module")
def drawn(airflow_settings: Settings) -> dict[str, Any]:
    manifest = target_dir(airflow_settings) / "manifest.json"
    assert drawing_path(airflow_settings).stat().st_size < manifest.stat().st_size / 5
    found: dict[str, Any] = json.loads(drawing_path(airflow_settings).read_text())["nodes"]
    return found


def test_each_model_and_seed_is_drawn_and_nothing_else(drawn: dict[str, Any]):
    models = (PROJECT_DIR / "dbt" / "models").rglob("*.sql")
    seeds = (PROJECT_DIR / "dbt" / "seeds").glob("*.csv")
    assert {node["name"] for node in drawn.values()} == {path.stem for path in (*models, *seeds)}


def test_no_two_groups_depend_on_each_other(drawn: dict[str, Any]):
    """Airflow's grid answers such a DAG with an error."""

    def group(name: str) -> Path:
        return Path(drawn[name]["original_file_path"]).parent

    before: dict[Path, set[Path]] = {}
    for name, node in drawn.items():
        parents = {group(parent) for parent in node["depends_on"]["nodes"]} - {group(name)}
        before.setdefault(group(name), set()).update(parents)
    layers = {path.name: {each.name for each in parents} for path, parents in before.items()}
    assert layers["marts"] >= {"intermediate", "staging"}
    assert list(TopologicalSorter(before).static_order())
