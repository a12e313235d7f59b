"""Reads the data of the sample: YAML files beside the code that tells it."""

from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent
# The loader in C, where PyYAML was built with it, takes a tenth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(place: str) -> dict[str, Any]:
    """Return the mapping in that file of demo/; its lists are tuples."""
    with (_HERE / place).open(encoding="utf-8") as file:
        found: dict[str, Any] = _frozen(yaml.load(file, _LOADER))  # noqa: S506  (both are safe)
    return found


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        return {name: _frozen(each) for name, each in value.items()}
    return value
