"""The demo: the whole stack over sample transcripts, in a home that may be thrown away."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from cca import ports
from cca.demo.generate import generate
from cca.errors import SettingError
from cca.gold.summary import summary
from cca.home import SPOOL_NAME
from cca.settings import Settings
from cca.stack import stack

_MARKER = "cca-demo.json"
_SESSIONS, _SEED = 40, 1
# The usual ones: where a stack of the user's runs, the next free ones are taken.
_FIRST_PORTS = {"browser_port": 3000, "airflow_port": 8080, "health_port": 9090}


def open_home(home: Path) -> Settings:
    """The demo's settings, with its transcripts written on first use.

    Nothing of the user's is read or written: not their transcripts, MongoDB, .env or ports.
    """
    marker = home / _MARKER
    if not marker.exists():
        if home.exists() and any(home.iterdir()):
            raise SettingError(f"{home} is not empty and no demo of ours; name another --home")
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        marker.write_text(json.dumps({}))
    if not (home / "truth.json").exists():
        generate(home, _SESSIONS, _SEED, now=datetime.now(UTC).replace(microsecond=0))
        shutil.copytree(home / SPOOL_NAME, home / "home" / SPOOL_NAME, dirs_exist_ok=True)
    demo_ports = _ports(home, json.loads(marker.read_text()))
    marker.write_text(json.dumps(demo_ports))
    return _settings(home, demo_ports)


def close_home(home: Path, say: Callable[[stack.Message], None]) -> int | None:
    """Stop the demo and delete its home; how many processes there were, None without a demo."""
    if not (home / _MARKER).exists():
        return None
    count = stack.take_down(_settings(home, json.loads((home / _MARKER).read_text())), say)
    shutil.rmtree(home)
    return count


def differences(home: Path, settings: Settings) -> list[str]:
    """Where the published totals differ from those counted as the sample was made."""
    truth: dict[str, Any] = json.loads((home / "truth.json").read_text())["totals"]
    found = summary(settings)
    if found is None:
        return ["nothing is published"]
    return [
        f"{name}: {value} published, {truth[name]} written"
        for name, value in vars(found).items()
        if Decimal(str(value)) != Decimal(str(truth[name]))
    ]


def _settings(home: Path, demo_ports: dict[str, int]) -> Settings:
    return Settings(
        cca_home=home / "home",
        claude_dir=str(home / "projects"),
        cca_host="demo",
        mongo_uri="",
        sqlite_path=None,
        duckdb_path=None,
        iceberg_warehouse_path="",
        _env_file=None,
    ).model_copy(update=demo_ports)


def _ports(home: Path, kept: dict[str, int]) -> dict[str, int]:
    """Those the environment names, those of the start before, or else the next free ones."""
    given = _settings(home, {})
    return {
        name: getattr(given, name)
        if name in given.model_fields_set
        else kept.get(name) or ports.first_free(first)
        for name, first in _FIRST_PORTS.items()
    }
