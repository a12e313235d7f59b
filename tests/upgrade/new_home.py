"""A home that the version under test has opened."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cca.settings import Settings, child_environment
from tests.upgrade.versions import Cca, Said, Table


@dataclass(frozen=True)
class NewHome:
    """A home that this version has opened: what it says, and its gold tables."""

    settings: Settings
    cca: Cca
    uri: str
    said: Said
    tables: Mapping[str, Table]


def new_version(settings: Settings) -> Cca:
    """The command beside this interpreter, over any home."""
    program = str(Path(sys.executable).with_name("cca"))
    return Cca((program,), child_environment(settings.as_environment()), Path.cwd())
