"""The command line: every command exists, helps, and fails with one clear line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cca.cli import COMMANDS, cca
from cca.settings import Settings, child_environment

CCA = Path(sys.executable).with_name("cca")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(cca, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


def test_help_imports_no_heavy_library() -> None:
    heavy = "{'pyarrow', 'duckdb', 'pymongo', 'panel', 'airflow', 'dbt', 'rich', 'pydantic'}"
    code = (
        "import sys; from click.testing import CliRunner; from cca.cli import cca; "
        f"CliRunner().invoke(cca, ['--help']); print({heavy} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_pipeline_without_airflow_from_an_empty_home_to_exact_figures(
    tmp_path: Path, shared_transcripts: Path
) -> None:
    """`cca` starts a MongoDB of its own for each command's duration and leaves none behind."""
    truth = json.loads((shared_transcripts / "modern-2.1.283" / "expected.json").read_text())
    settings = Settings(
        cca_home=tmp_path / "home",
        claude_dir=str(shared_transcripts / "modern-2.1.283" / "projects"),
        mongo_uri="",
        _env_file=None,
    )

    def run(*arguments: str) -> str:
        environment = child_environment(settings.as_environment())
        done = subprocess.run(
            [CCA, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("sync", "--once")
    run("pipeline")
    usage = json.loads(run("usage", "daily", "--json"))
    tokens = truth["deduped_tokens"]
    assert usage["totals"]["cost_usd"] == truth["deduped_total_usd_all_files"]
    assert usage["totals"]["api_messages"] == truth["distinct_messages"]
    assert usage["totals"]["input_tokens"] == tokens["input"]
    assert usage["totals"]["output_tokens"] == tokens["output"]
    assert usage["totals"]["cache_write_5m_tokens"] == tokens["cache_creation_5m"]
    assert usage["totals"]["cache_write_1h_tokens"] == tokens["cache_creation_1h"]
    assert usage["totals"]["cache_read_tokens"] == tokens["cache_read"]
    again = json.loads(run("pipeline", "--json"))
    assert again["gold"] is None
    assert not (settings.mongo_dir / "running.json").exists()


def test_missing_gold_is_one_line_with_the_fix(tmp_path: Path) -> None:
    settings = Settings(cca_home=tmp_path, mongo_uri="", _env_file=None)
    done = subprocess.run(
        [CCA, "usage", "daily"],
        env=child_environment(settings.as_environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cca pipeline" in done.stderr


def test_search_needs_no_follower(tmp_path: Path) -> None:
    """Found right after a sync: the command itself brings the index up to date."""
    project = tmp_path / "projects" / "-srv-app"
    project.mkdir(parents=True)
    entry = {"type": "user", "uuid": "u1", "message": {"role": "user", "content": "needle 東京"}}
    (project / "00000000-0000-4000-8000-000000000001.jsonl").write_text(json.dumps(entry) + "\n")
    settings = Settings(
        cca_home=tmp_path / "home", claude_dir=str(project.parent), mongo_uri="", _env_file=None
    )
    environment = child_environment(settings.as_environment())
    for command in (["sync", "--once"], ["search", "東", "--json"]):
        done = subprocess.run([CCA, *command], env=environment, capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert found["total"] == 1
    assert found["rows"][0]["entry_id"] == "u1"


@pytest.mark.parametrize(
    ("setting", "value", "command", "said"),
    [
        ("BROWSER_PORT", "99999", "browser", "BROWSER_PORT"),
        ("HEALTH_PORT", "-1", "sync", "HEALTH_PORT"),
        ("MONGO_DB", "a b", "sync", "MONGO_DB"),
        ("MONGO_URI", "mongodb://u:secret@:bad/", "pipeline", "MONGO_URI"),
        ("TIMEZONE", "Mars/Base", "pipeline", "TIMEZONE"),
        ("CCA_HOME", "/etc/passwd/x", "pipeline", "/etc/passwd"),
    ],
)
def test_unusable_setting_is_one_line_that_names_it(
    tmp_path: Path, setting: str, value: str, command: str, said: str
) -> None:
    settings = Settings(cca_home=tmp_path, claude_dir=str(tmp_path), mongo_uri="", _env_file=None)
    environment = child_environment(settings.as_environment() | {setting: value})
    done = subprocess.run(
        [CCA, command], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert said in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["usage", "--since", "2026-11-02", "--until", "2026-11-01"], "is after --until"),
        (["up", "--only", ""], "names no part of the stack"),
    ],
)
def test_what_was_not_meant_is_a_wrong_use(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(cca, arguments)
    assert (done.exit_code, said in done.output) == (2, True)
