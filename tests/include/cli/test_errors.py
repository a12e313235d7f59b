"""What goes wrong is said in one line that names the fix; a wrong use names the option."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.shell_completion import ShellComplete
from pymongo.collection import Collection
from pymongo.errors import ServerSelectionTimeoutError

from cca.cli import cca
from cca.follow.agent import catch_up
from cca.follow.lock import follower_lock
from cca.gold import state
from cca.settings import Settings
from tests.include.cli.conftest import Filled
from tests.include.cli.terminal import Terminal

# Nothing listens on port 9 of this machine.
DOWN = "mongodb://somebody:hidden-word@127.0.0.1:9/"


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """A home in which nothing was run, without a MongoDB that could be asked."""
    (tmp_path / "projects").mkdir()
    return Settings(
        cca_home=tmp_path / "home",
        claude_dir=str(tmp_path / "projects"),
        mongo_uri=DOWN,
        airflow_port=9,
        browser_port=9,
        health_port=9,
        _env_file=None,
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(("usge",), "usage"), (("iceberg", "inof"), "info"), (("usage", "dayly"), "daily")],
)
def test_a_misspelt_name_gets_the_right_one(
    terminal: Terminal, empty: Settings, typed: tuple[str, ...], meant: str
) -> None:
    done = terminal.run(empty, *typed)
    assert (done.code, done.out) == (2, "")
    assert f"did you mean {meant}?" in done.err.lower()


@pytest.mark.parametrize("line", [["usge"], ["iceberg", "inof"]])
def test_a_shell_that_completes_a_misspelt_line_sees_no_error(line: list[str]) -> None:
    shell = ShellComplete(cca, {}, "cca", "_CCA_COMPLETE")
    assert "--help" in [found.value for found in shell.get_completions(line, "--")]


def test_gold_of_another_version_is_named_with_the_command_that_builds_it_again(
    terminal: Terminal, empty: Settings
) -> None:
    empty.gold_dir.mkdir(parents=True)
    duckdb.connect(str(empty.gold_path)).close()
    state.update(empty, code_version="that of another version")
    done = terminal.run(empty, "usage", "daily")
    assert (done.code, done.out) == (1, "")
    assert "another version of cca" in done.err
    assert "`cca pipeline`" in done.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("dead-letters", "show", "999"), "`cca dead-letters list`"),
        (("dead-letters", "retry", "999"), "`cca dead-letters list`"),
        (("usage", "daily"), "`cca pipeline`"),
        (("query", "select 1"), "`cca pipeline`"),
        (("publish",), "`cca transform`"),
        (("extract", "--since", "yesterday"), "2026-01-31"),
        (("extract", "--since", "2026-02-01", "--until", "2026-01-01"), "must be before"),
        (("iceberg", "rollback", "--snapshot", "1"), "`cca extract --iceberg`"),
        (("run", "daily"), "`cca up`"),
        (("run", "backfill", "--since", "2026-02-01", "--until", "2026-01-01"), "must be before"),
        (("health", "browser"), "http://127.0.0.1:9/"),
        (("health", "sync"), "HEALTH_PORT"),
        (("health", "mongo"), "mongo: 127.0.0.1:9 does not answer"),
        (("mongo",), "MONGO_URI"),
        (("budget", "set", "-5"), "above 0, not -5"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_missing_is_one_line_with_the_fix(
    terminal: Terminal, empty: Settings, command: tuple[str, ...], said: str
) -> None:
    done = terminal.run(empty, *command)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("cca: ")
    assert done.err.count("\n") == 1
    assert said in done.err


@pytest.mark.parametrize(
    "command",
    [
        ("sync", "--once"),
        ("extract",),
        ("pipeline",),
        ("search", "word"),
        ("export", "--session", "any"),
        ("backup", "folder"),
        ("rebuild", "lake"),
        ("rebuild", "lists"),
        ("rebuild", "search"),
        ("forget", "--session", "any", "--yes"),
        ("doctor", "--data"),
        ("users", "list"),
    ],
    ids=" ".join,
)
def test_a_mongodb_that_is_away_is_named_without_its_password(
    terminal: Terminal,
    empty: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    done = terminal.run(empty, *command)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "127.0.0.1:9" in done.err
    assert "hidden-word" not in done.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("forget",), "--session"),
        (("pipeline", "--as-of", "2026-01-01"), "--format iceberg"),
        (("sync", "--json"), "--once"),
        (("search",), "TEXT"),
        (("search", "word", "--kind", "nosuch"), "--kind"),
        (("search", "word", "--limit", "0"), "--limit"),
        (("search", "--regex", "("), "/(/ is no regular expression"),
        (("search", "kind:nosuch"), "none of the kinds"),
        (("usage", "yearly"), "yearly"),
        (("usage", "--since", "2026-02-01", "--until", "2026-01-01"), "--since"),
        (("extract", "--format", "csv"), "--format"),
        (("extract", "--workers", "0"), "--workers"),
        (("health", "kitchen"), "kitchen"),
        (("health", "browser", "scheduler"), "browser"),
        (("health", "airflow", "kitchen"), "kitchen"),
        (("restore",), "FOLDER"),
        (("budget", "set", "ten"), "'ten' is no amount"),
        (("export", "--out", "/nope/x.md"), "'--out': the folder /nope does not exist"),
        (("nosuch",), "nosuch"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_use_ends_with_2_and_names_what_is_wrong(
    terminal: Terminal, empty: Settings, command: tuple[str, ...], said: str
) -> None:
    done = terminal.run(empty, *command)
    assert (done.code, done.out) == (2, "")
    assert "Error: " in done.err
    assert said in done.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("usage", "--project", "nosuch"), "nosuch"),
        (("usage", "--host", "nosuch"), "nosuch"),
        (("export", "--session", "nosuch"), "`cca usage session`"),
        (("search", "--session", "nosuch", "word"), "no session 'nosuch'"),
        (("search", "--host", "nosuch", "word"), "no machine 'nosuch'"),
        (("iceberg", "rollback", "--snapshot", "1"), "1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_name_that_nothing_has_is_an_error_and_no_zero(
    terminal: Terminal, filled: Filled, command: tuple[str, ...], said: str
) -> None:
    done = terminal.run(filled.settings, *command)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert said in done.err


@pytest.mark.parametrize(
    ("variables", "command", "said"),
    [
        ({"CCA_ENV_FILE": "/nope/.env"}, ("budget",), "CCA_ENV_FILE: /nope/.env is no file"),
        ({"CCA_HOME": "/dev/null/x"}, ("budget", "set", "5"), "CCA_HOME: /dev/null/x cannot be"),
        ({"MONGO_URI": "foo"}, ("export",), "MONGO_URI is no connection string"),
    ],
    ids=" ".join,
)
def test_a_setting_that_cannot_be_used_is_named(
    terminal: Terminal,
    empty: Settings,
    variables: dict[str, str],
    command: tuple[str, ...],
    said: str,
) -> None:
    done = terminal.run_with(empty.as_environment() | variables, *command)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith(f"cca: {said}")


def test_prices_that_are_not_there_stop_a_run_without_news_and_are_a_finding(
    terminal: Terminal, filled: Filled
) -> None:
    variables = filled.settings.as_environment() | {"PRICES_FILE": "/nope.csv"}
    done = terminal.run_with(variables, "pipeline")
    assert (done.code, done.out) == (1, "")
    assert "PRICES_FILE: /nope.csv does not exist" in done.err
    rows = terminal.run_with(variables, "doctor", "--json").json["rows"]
    assert [row["status"] for row in rows if row["name"] == "PRICES_FILE"] == ["fail"]


def test_a_search_of_an_empty_archive_names_what_fills_it(
    terminal: Terminal, empty: Settings, mongo_uri: str
) -> None:
    own = empty.model_copy(update={"mongo_uri": mongo_uri, "mongo_db": f"test_{uuid.uuid4().hex}"})
    done = terminal.run(own, "search", "word")
    assert (done.code, done.out) == (1, "")
    assert "no search index yet" in done.err
    assert "`cca up`" in done.err


def test_a_search_in_an_index_that_is_being_built_says_that_it_lacks_entries(
    terminal: Terminal, settings: Settings, collection: Collection[Any]
) -> None:
    now = datetime.now(UTC)
    collection.insert_one({"_id": "first", "ingestedAt": now})
    catch_up(settings, settings.mongo_uri)
    late = now + timedelta(seconds=1)
    collection.insert_many({"_id": str(number), "ingestedAt": late} for number in range(1001))
    with follower_lock(settings.search_dir):
        done = terminal.run(settings, "search", "word")
    assert (done.code, done.out) == (0, "0 hits, 0 shown\n")
    assert "lacks 1,001 entries" in done.err


def test_a_folder_without_a_backup_is_named(
    terminal: Terminal, filled: Filled, tmp_path: Path
) -> None:
    done = terminal.run(filled.settings, "restore", str(tmp_path))
    assert done.code == 1
    assert f"{tmp_path} holds no backup" in done.err


def test_an_invalid_regular_expression_is_reported(terminal: Terminal, filled: Filled) -> None:
    done = terminal.run(filled.settings, "search", "/(/")
    assert "/(/ is no regular expression" in done.err
    assert (done.code, done.out) == (2, "")


def test_a_folder_of_the_users_is_not_taken_for_a_demo(
    terminal: Terminal, empty: Settings, tmp_path: Path
) -> None:
    done = terminal.run(empty, "demo", "--home", str(tmp_path))
    assert done.code == 1
    assert str(tmp_path) in done.err
    assert (tmp_path / "projects").is_dir()
    assert (
        f"no demo in {tmp_path}"
        in terminal.run(empty, "demo", "--home", str(tmp_path), "--down").out
    )


def test_a_mongodb_that_dies_meanwhile_is_one_line(
    terminal: Terminal, empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        message = (
            "127.0.0.1:9: connection refused, Timeout: 30s, Topology Description: <many words>"
        )
        raise ServerSelectionTimeoutError(message)

    monkeypatch.setattr("cca.mongo.archive.require", dies)
    done = terminal.run(empty, "users", "list")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert "127.0.0.1:9: connection refused" in done.err
    assert "Topology" not in done.err
