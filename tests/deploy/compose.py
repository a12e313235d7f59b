"""Compose files as `docker compose` would read them: variables put in, overrides merged."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from cca.settings import PROJECT_DIR
from cca.stack.compose_env import contents

MAIN = PROJECT_DIR / "docker-compose.yaml"
CELERY = PROJECT_DIR / "deploy" / "compose.celery.yaml"
MARQUEZ = PROJECT_DIR / "deploy" / "compose.marquez.yaml"
EXTERNAL_MONGO = PROJECT_DIR / "deploy" / "compose.external-mongo.yaml"

_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}")


def env_file() -> dict[str, str]:
    """What `make env` writes."""
    text = contents(Path("/home/ada/.claude/projects"), 1000, 1000)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def load(*paths: Path, variables: dict[str, str] | None = None) -> dict[str, Any]:
    """The services as they would run; a variable without value or default is an error."""
    merged: dict[str, Any] = {}
    given = env_file() if variables is None else variables
    for path in paths:
        text = _VARIABLE.sub(lambda found: _value(found, given), path.read_text())
        merged = merge(merged, yaml.safe_load(text))
    return {name: value for name, value in merged.items() if not name.startswith("x-")}


def stage(name: str) -> str:
    """The lines of the Dockerfile that make a target, continued ones joined."""
    text = (PROJECT_DIR / "Dockerfile").read_text().replace("\\\n", "")
    return re.split(r"^FROM .*", text.split(f" AS {name}\n")[1], flags=re.MULTILINE)[0]


def command(service: dict[str, Any]) -> list[str]:
    """What the container runs: its entrypoint, else the one of its image, and its arguments."""
    target = service.get("build", {}).get("target")
    found = re.search(r"^ENTRYPOINT (.+)$", stage(target), re.MULTILINE) if target else None
    own = json.loads(found[1]) if found else ["cca"]
    return [*service.get("entrypoint", own), *service.get("command", [])]


def merge(below: Any, above: Any) -> Any:
    """Mappings are merged, all else is replaced (the overrides have no lists)."""
    if isinstance(below, dict) and isinstance(above, dict):
        both = {name: merge(below[name], above[name]) for name in below.keys() & above.keys()}
        return {**below, **above, **both}
    return above


def references(path: Path) -> list[tuple[str, str, str]]:
    """Name, kind (- default, ? required) and text of each variable."""
    return [found.groups("") for found in _VARIABLE.finditer(path.read_text()) if found[1]]  # type: ignore[misc]


def _value(found: re.Match[str], given: dict[str, str]) -> str:
    name, kind, text = found.groups()
    if name is None:
        return "$"
    if given.get(name):
        return given[name]
    if kind == "-":
        return text
    raise KeyError(f"{name}: {text or 'not set'}")
