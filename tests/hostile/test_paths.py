"""Paths that DuckDB or dbt cannot open: each command says so in one sentence, and none waits."""

import subprocess
import sys
from pathlib import Path

import pytest

from cca.settings import Settings, child_environment

_CCA = Path(sys.executable).with_name("cca")
# What needs the warehouse, in the order a person would try it.
COMMANDS = (
    ("load",), ("transform",), ("pipeline",), ("publish",), ("dbt", "ls"), ("doctor",),
    ("rebuild", "warehouse"),
)  # fmt: skip


def _said(home: Path, mongo_uri: str, *command: str, **more: str) -> tuple[int, str]:
    settings = Settings(
        cca_home=home, claude_dir=str(home), mongo_uri=mongo_uri, mongo_db="paths", _env_file=None
    )
    environment = settings.as_environment() | more
    done = subprocess.run(
        [_CCA, *command], env=child_environment(environment), capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL, timeout=200,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_sign_that_ends_a_path_is_named_with_its_setting(
    tmp_path: Path, mongo_uri: str, command: tuple[str, ...]
) -> None:
    home = tmp_path / "issue #7"
    home.mkdir()
    code, said = _said(home, mongo_uri, *command)
    assert code != 0
    assert "CCA_HOME: DuckDB and dbt cannot open" in " ".join(said.split())
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["main.duckdb", "SYSTEM.db", "temp", "gold.v2.db", ".raw", 'a"b'])
def test_a_name_of_duckdb_s_own_is_named_with_its_setting(
    tmp_path: Path, mongo_uri: str, name: str
) -> None:
    code, said = _said(tmp_path, mongo_uri, "status", DUCKDB_PATH=str(tmp_path / name))
    assert code == 1
    assert said.startswith("cca: DUCKDB_PATH: ")
    assert said.count("\n") == 1
