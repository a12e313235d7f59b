"""Which of the two stacks this home runs: the full one with Airflow, or the light one."""

from enum import StrEnum
from pathlib import Path

from cca.extras import AIRFLOW
from cca.files import replace_file
from cca.settings import Settings
from cca.stack import containers


class StackKind(StrEnum):
    """FULL: Airflow decides when things run. LIGHT: the scheduler of cca does."""

    FULL = "full"
    LIGHT = "light"


def chosen(settings: Settings) -> StackKind:
    """Return what the last `cca up` chose; light wherever Airflow is not installed."""
    if containers.is_container(settings):
        return StackKind.FULL
    if not AIRFLOW.is_installed():
        return StackKind.LIGHT
    try:
        return StackKind(_path(settings).read_text())
    except (FileNotFoundError, ValueError):
        return StackKind.FULL


def choose(settings: Settings, kind: StackKind) -> None:
    """Remember the choice, for every command that looks at the stack."""
    if kind is not chosen(settings):
        replace_file(_path(settings), kind)


def is_light(settings: Settings) -> bool:
    """Tell whether cca's own scheduler takes Airflow's place here."""
    return chosen(settings) is StackKind.LIGHT


def _path(settings: Settings) -> Path:
    return settings.cca_home / "run" / "stack"
