"""Airflow's tables in a Postgres of our own: started for real, as root and as a user."""

import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from cca.settings import Settings
from cca.stack import airflow, postgres, processes, run_folder, stack, supervisor
from cca.stack.programs import parts
from cca.stack.stack import Kind, Message
from tests.helpers import eventually, free_port


def home(path: Path, **values: object) -> Settings:
    return Settings(
        cca_home=path,
        claude_dir=str(path / "projects"),
        mongo_uri="",
        health_port=free_port(),
        browser_port=free_port(),
        airflow_port=free_port(),
        _env_file=None,
        **values,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose name has a space, with its database."""
    settings = home(tmp_path_factory.mktemp("postgres") / "a home")
    assert postgres.ensure(settings) is None
    assert postgres.is_used(settings)
    return settings


def rows_of(settings: Settings, query: str) -> list[tuple[object, ...]]:
    """What a query returns; the address is the one that Airflow gets."""
    address = postgres.uri(settings).replace("postgresql+psycopg2", "postgresql")
    connection = psycopg2.connect(address)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_it_serves_over_a_socket_only_and_asks_for_the_password(made: Settings):
    with postgres.serving(made):
        assert rows_of(made, "show listen_addresses") == [("",)]
        assert rows_of(made, "select distinct auth_method from pg_hba_file_rules") == [
            ("scram-sha-256",)
        ]
        stranger = postgres.uri(made).replace("postgresql+psycopg2", "postgresql")
        stranger = stranger.replace(made_password(made), "wrong")
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(stranger)
    assert not postgres.answers(made)


def made_password(settings: Settings) -> str:
    return (settings.airflow_home / "postgres" / "password").read_text()


def test_nothing_of_it_is_open_to_others(made: Settings):
    folder = made.airflow_home / "postgres"
    for path in (made.cca_home, made.airflow_home, folder, folder / "data"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(run_folder.socket_dir(made).stat().st_mode) == 0o700


def test_what_was_written_is_there_after_the_next_start(made: Settings):
    with postgres.serving(made):
        rows_of(made, "create table kept (value int)")
        rows_of(made, "insert into kept values (7)")
    assert postgres.ensure(made) is None
    with postgres.serving(made):
        assert rows_of(made, "select value from kept") == [(7,)]


def test_airflow_gets_its_address_and_the_stack_its_program(made: Settings):
    environment = airflow.airflow_environment(made)
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == postgres.uri(made)
    programs = next(part.programs for part in parts(made) if part.name == "airflow")
    assert programs[0].name == "postgres"
    assert made_password(made) not in " ".join(programs[0].command)


@pytest.mark.parametrize("named", ["sqlite", "postgresql+psycopg2://u:p@somewhere/airflow"])
def test_a_database_that_is_named_leaves_ours_alone(made: Settings, named: str):
    other = made.model_copy(update={"airflow_db_uri": named})
    assert not postgres.is_used(other)
    environment = airflow.airflow_environment(other)
    assert environment.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN") == (
        None if named == "sqlite" else named
    )
    assert "postgres" not in {each.name for part in parts(other) for each in part.programs}


def test_a_named_database_makes_none_of_ours(tmp_path: Path):
    settings = home(tmp_path / "home", airflow_db_uri="sqlite")
    assert postgres.ensure(settings) is None
    assert not settings.airflow_home.exists()


def test_a_long_home_has_a_socket_that_can_be_bound(tmp_path: Path):
    settings = home(tmp_path / ("long" * 30))
    folder = run_folder.socket_dir(settings)
    try:
        assert postgres.ensure(settings) is None
        with postgres.serving(settings):
            assert rows_of(settings, "select 1") == [(1,)]
    finally:
        run_folder.leave(settings)
    assert not folder.exists()


def test_a_home_with_sqlite_starts_anew_and_says_so_once(tmp_path: Path):
    settings = home(tmp_path / "home")
    settings.airflow_home.mkdir(parents=True)
    (settings.airflow_home / "airflow.db").write_text("the runs of before")
    said = postgres.ensure(settings)
    assert said is not None
    assert "start empty" in said
    assert "AIRFLOW_DB_URI=sqlite" in said
    assert (settings.airflow_home / "airflow.db").read_text() == "the runs of before"
    assert postgres.ensure(settings) is None


def test_where_it_cannot_be_made_airflow_keeps_sqlite_and_the_reason_is_told(tmp_path: Path):
    settings = home(tmp_path / "home")
    settings.airflow_home.mkdir(parents=True)
    # A file stands where the new data folder has to be.
    (settings.airflow_home / "postgres").mkdir()
    (settings.airflow_home / "postgres" / "data").write_text("in the way")
    said = postgres.ensure(settings)
    assert said is not None
    assert said.startswith("Airflow's tables are in SQLite")
    assert not postgres.is_used(settings)
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in airflow.airflow_environment(settings)
    assert not [each for each in processes.ours(settings) if each.name() == "postgres"]


def test_another_major_version_starts_anew_beside_the_old_data(tmp_path: Path):
    settings = home(tmp_path / "home")
    data = settings.airflow_home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    assert not postgres.is_used(settings)
    postgres.ensure(settings)
    assert postgres.is_used(settings)
    old = next((settings.airflow_home / "postgres").glob("data-9-*"))
    assert (old / "PG_VERSION").read_text() == "9\n"


def test_the_lock_of_a_server_that_died_with_the_machine_holds_nobody_up(made: Settings):
    with subprocess.Popen(["sleep", "60"]) as other:
        lock = made.airflow_home / "postgres" / "data" / "postmaster.pid"
        lock.write_text(f"{other.pid}\n")
        try:
            with postgres.serving(made):
                assert rows_of(made, "select 1") == [(1,)]
        finally:
            other.kill()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Settings]:
    """A stack with Postgres under its supervisor, and nothing else of Airflow."""
    settings = home(tmp_path / "a home")
    (settings.cca_home / "projects").mkdir(parents=True)
    stack.bring_up(settings, {"mongo"}, lambda _: None)
    assert supervisor.start_program(settings, postgres.PROGRAM)
    postgres.require(settings)
    yield settings
    stack.take_down(settings, lambda _: None)


def test_a_killed_server_comes_back_with_what_it_had_and_down_leaves_none(running: Settings):
    rows_of(running, "create table kept as select 7 as value")
    first = supervisor.processes(running)["postgres"]["pid"]
    os.kill(first, signal.SIGKILL)
    eventually(lambda: supervisor.processes(running)["postgres"]["pid"] not in (0, first))
    eventually(lambda: postgres.answers(running))
    assert rows_of(running, "select value from kept") == [(7,)]

    said: list[Message] = []
    stack.take_down(running, said.append)
    assert Kind.PROBLEM not in {message.kind for message in said}
    assert processes.ours(running) == []
    log = (running.logs_dir / "postgres.log").read_text()
    assert log.rstrip().endswith("database system is shut down")
