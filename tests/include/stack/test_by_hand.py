"""`cca dbt` and `cca airflow` run the real commands and leave nothing outside CCA_HOME."""

import subprocess
import sys
from pathlib import Path

import pytest

from cca.settings import Settings, child_environment
from tests.dbt.rows import build_settings, entry, write_raw

_CCA = Path(sys.executable).with_name("cca")


def by_hand(settings: Settings, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    home.mkdir(exist_ok=True)
    environment = settings.as_environment() | {"HOME": str(home)}
    return subprocess.run(
        [_CCA, *arguments],
        env=child_environment(environment),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = build_settings(tmp_path_factory.mktemp("by-hand"))
    write_raw(settings, [entry("s", 0, text="Hello")], [])
    return settings


def test_dbt_builds_in_the_warehouse_of_this_installation(built: Settings, tmp_path: Path) -> None:
    home = tmp_path / "user"
    recording = built.cca_home / "dbt" / "recording-part-1.json"
    recording.parent.mkdir(parents=True, exist_ok=True)
    recording.write_text("{}")
    done = by_hand(built, home, "dbt", "build", "--select", "+stg_conversations")
    assert done.returncode == 0, done.stdout + done.stderr
    # It may have written what the next build of the pipeline must not take for its own.
    assert not recording.exists()
    assert "OK created" in done.stdout
    assert list(home.iterdir()) == []


def test_a_model_that_reads_one_never_built_says_what_to_run(tmp_path: Path) -> None:
    settings = build_settings(tmp_path)
    write_raw(settings, [entry("s", 0, text="Hello")], [])
    done = by_hand(settings, tmp_path / "user", "dbt", "build", "--select", "stg_conversations")
    assert done.returncode != 0
    assert "`cca dbt build --select +stg_conversations` builds both" in done.stderr


def test_a_selection_that_matches_nothing_is_an_error(built: Settings, tmp_path: Path) -> None:
    done = by_hand(built, tmp_path / "user", "dbt", "ls", "--select", "nosuch")
    assert done.returncode != 0
    assert "nosuch" in done.stdout
    done = by_hand(built, tmp_path / "user", "transform", "--select", "nosuch")
    assert done.returncode == 1
    assert "no model is selected by `nosuch`" in done.stderr


@pytest.mark.timeout(280)
def test_airflow_knows_our_dags_and_its_options_pass_on(built: Settings, tmp_path: Path) -> None:
    home = tmp_path / "user"
    sqlite = built.model_copy(update={"airflow_db_uri": "sqlite"})
    done = by_hand(sqlite, home, "airflow", "config", "get-value", "core", "dags_folder")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("dags")
    assert "graphviz" not in done.stderr
    helped = by_hand(sqlite, home, "airflow", "pools", "list", "--output", "plain")
    assert "duckdb_writer" in helped.stdout
    assert list(home.iterdir()) == []
