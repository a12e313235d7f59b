"""The small file that publish and the agent keep, and a status line reads."""

import json
import os
from pathlib import Path

from cca.files import replace_file
from cca.home import SPOOL_NAME
from cca.locks import held

_NAME = "state.json"
# A file of another size is none of ours.
_MAX_BYTES = 1 << 20

# What JSON holds; a status line trusts none of it.
Section = dict[str, object]


def folder_of(home: Path) -> Path:
    return home / SPOOL_NAME


def read(home: str) -> dict[str, Section]:
    """Return the sections; empty where there is no file, or one that cannot be used."""
    try:
        with open(os.path.join(home, SPOOL_NAME, _NAME), "rb") as file:  # noqa: PTH118, PTH123
            value = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError):
        return {}
    if not isinstance(value, dict):
        return {}
    return {name: section for name, section in value.items() if isinstance(section, dict)}


def update(home: Path, section: str, values: Section) -> None:
    """Replace one section; the others stay.

    Raises: OSError where the file cannot be written.
    """
    path = folder_of(home) / _NAME
    with held(path.with_suffix(".lock")):
        replace_file(path, json.dumps({**read(str(home)), section: values}))
