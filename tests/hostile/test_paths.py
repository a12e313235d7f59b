"""Paths that DuckDB or dbt cannot open: each command says so in one sentence, and none waits."""

import subprocess
import sys
from pathlib import Path

import pytest

from cca.settings import Settings, child_environment
from tests.include.cli.terminal import Terminal

_CCA = Path(sys.executable).with_name("cca")
# What needs the warehouse, in the order a person would try it.
COMMANDS = ("load", "transform", "pipeline", "publish", "doctor", "rebuild warehouse")
NAMED = "CCA_HOME: DuckDB and dbt cannot open"


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys, monkeypatch)


def _settings(home: Path, mongo_uri: str) -> Settings:
    home.mkdir(exist_ok=True)
    return Settings(
        cca_home=home, claude_dir=str(home), mongo_uri=mongo_uri, mongo_db="paths", _env_file=None
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_sign_that_ends_a_path_is_named_with_its_setting(
    terminal: Terminal, tmp_path: Path, mongo_uri: str, command: str
) -> None:
    done = terminal.run(_settings(tmp_path / "issue #7", mongo_uri), *command.split())
    assert done.code != 0
    assert NAMED in " ".join((done.out + done.err).split())


def test_dbt_does_not_wait_at_such_a_path_for_ever(tmp_path: Path, mongo_uri: str) -> None:
    environment = child_environment(_settings(tmp_path / "issue #7", mongo_uri).as_environment())
    done = subprocess.run(
        [_CCA, "dbt", "ls"], env=environment, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL, timeout=200,
    )  # fmt: skip
    assert done.returncode == 1
    assert NAMED in done.stderr


@pytest.mark.parametrize("name", ["main.duckdb", "SYSTEM.db", "temp", "gold.v2.db", ".raw", 'a"b'])
def test_a_name_of_duckdb_s_own_is_named_with_its_setting(
    terminal: Terminal, tmp_path: Path, mongo_uri: str, name: str
) -> None:
    given = _settings(tmp_path, mongo_uri).as_environment()
    done = terminal.run_with(given | {"DUCKDB_PATH": str(tmp_path / name)}, "status")
    assert done.code == 1
    assert done.err.startswith("cca: DUCKDB_PATH: ")
    assert done.err.count("\n") == 1


def test_the_catalog_of_iceberg_lies_in_its_home_whatever_that_is_called(
    terminal: Terminal, tmp_path: Path, mongo_uri: str
) -> None:
    home = tmp_path / 'it\'s 100%20 "é設" ?a=1#2'
    done = terminal.run(_settings(home, mongo_uri), "iceberg", "create")
    assert (done.code, done.err) == (0, "")
    assert (home / "lake" / "iceberg-catalog.db").is_file()
    assert list(tmp_path.iterdir()) == [home]
