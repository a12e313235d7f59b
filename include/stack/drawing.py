"""The slim manifest that Airflow draws: dbt's models and seeds by layer, a tenth of the manifest.

Each task parses the DAG again, so the manifest is small. Folders inside a layer are left out:
models of `by_session` come both before and after others of their layer, and Airflow's grid refuses
groups that depend on each other both ways.
"""

import json
from pathlib import Path
from typing import Any

from cca.files import replace_file
from cca.settings import Settings
from cca.transform.code_version import project_version
from cca.transform.dbt import DBT_DIR, target_dir

_DRAWN = ("model.", "seed.", "snapshot.")


def drawing_path(settings: Settings) -> Path:
    """Beside the manifest it is made from."""
    return target_dir(settings) / "drawing.json"


def draw(settings: Settings, manifest: Path) -> Path:
    """Write the drawing of that manifest."""
    path = drawing_path(settings)
    drawing = drawing_of(json.loads(manifest.read_bytes()))
    replace_file(path, json.dumps(drawing | {"project_version": project_version(DBT_DIR)}))
    return path


def is_current(settings: Settings) -> bool:
    """Whether the drawing was made from the dbt project as it is."""
    try:
        drawn = json.loads(drawing_path(settings).read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return bool(drawn.get("project_version") == project_version(DBT_DIR))


def drawing_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with nothing in it but what is drawn, its paths cut to layer and file."""
    nodes = {
        name: _node(node) for name, node in manifest["nodes"].items() if name.startswith(_DRAWN)
    }
    return {"metadata": manifest["metadata"], "nodes": nodes, "sources": {}, "exposures": {}}


def _node(node: dict[str, Any]) -> dict[str, Any]:
    kept = ("unique_id", "name", "resource_type", "package_name", "fqn", "tags")
    parents = [each for each in node["depends_on"].get("nodes", ()) if each.startswith(_DRAWN)]
    path = Path(node["original_file_path"])
    layer = path.parts[1] if node["resource_type"] == "model" else path.parts[0]
    return {name: node[name] for name in kept} | {
        "original_file_path": f"{layer}/{path.name}",
        "depends_on": {"nodes": parents},
        "config": {"materialized": node["config"].get("materialized"), "tags": node["tags"]},
    }
