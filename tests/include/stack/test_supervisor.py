import stat
from configparser import RawConfigParser
from pathlib import Path

from supervisor.options import ServerOptions

from cca.settings import Settings
from cca.stack import supervisor
from cca.stack.airflow import airflow_environment, logins
from cca.stack.programs import Program, parts


def home(tmp_path: Path, **values: object) -> Settings:
    return Settings(cca_home=tmp_path / "home", _env_file=None, **values)


def test_every_program_is_restarted_stopped_as_a_group_and_closed_to_others(tmp_path: Path):
    settings = home(tmp_path, mongo_uri="")
    programs = [program for part in parts(settings) for program in part.programs]
    path = supervisor.write_config(settings, programs)
    config = RawConfigParser(inline_comment_prefixes=(";", "#"))
    config.read(path)
    named = [section for section in config.sections() if section.startswith("program:")]
    assert len(named) == len(programs) == 8
    for section in named:
        for option in ("autorestart", "stopasgroup", "killasgroup"):
            assert config[section][option] == "true"
        assert Path(config[section]["stdout_logfile"]).parent == settings.logs_dir
    assert config["supervisord"]["umask"] == "077"
    assert config["unix_http_server"]["chmod"] == "0700"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_percent_sign_or_a_space_in_a_command_survives(tmp_path: Path):
    settings = home(tmp_path)
    program = Program("odd", ("/a folder/100%/tool", "it's"))
    text = supervisor.write_config(settings, [program]).read_text()
    assert """command = '/a folder/100%%/tool' 'it'"'"'s'""" in text


def test_a_percent_sign_in_the_home_reaches_every_path_as_it_is(tmp_path: Path) -> None:
    settings = Settings(cca_home=tmp_path / "100%d done", _env_file=None)
    path = supervisor.write_config(settings, [Program("odd", ("true",))])
    options = ServerOptions()
    options.realize(["-n", "-c", str(path)])
    (odd,) = options.process_group_configs[0].process_configs
    assert odd.stdout_logfile == str(settings.logs_dir / "odd.log")
    assert options.childlogdir == str(settings.logs_dir)
    assert options.pidfile == str(path.with_name("supervisord.pid"))


def test_a_long_home_gets_its_own_short_socket(tmp_path: Path):
    long = Settings(cca_home=tmp_path / ("x" * 100), _env_file=None)
    other = Settings(cca_home=tmp_path / ("y" * 100), _env_file=None)
    path = supervisor.socket_path(long)
    assert len(str(path)) < 100
    assert path != supervisor.socket_path(other)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for settings in (long, other):
        supervisor.socket_path(settings).parent.rmdir()


def test_no_mongod_is_run_beside_a_server_that_was_named(tmp_path: Path):
    named = parts(home(tmp_path, mongo_uri="mongodb://127.0.0.1:1/"))
    assert "mongo" not in {part.name for part in named}


def test_airflow_listens_on_loopback_and_reports_to_nobody(tmp_path: Path):
    environment = airflow_environment(home(tmp_path, airflow_port=12345))
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__API__BASE_URL"].endswith(":12345")
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["AIRFLOW__COSMOS__ENABLE_TELEMETRY"] == "False"
    assert environment["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    scheduler = next(part for part in parts(home(tmp_path)) if part.name == "airflow").programs[1]
    assert "--skip-serve-logs" in scheduler.command


def test_logins_are_generated_once_and_for_their_owner_only(tmp_path: Path):
    settings = home(tmp_path)
    first = logins(settings)
    assert set(first) == {"admin", "viewer"}
    assert len(set(first.values())) == 2
    assert logins(settings) == first
    path = settings.airflow_home / "passwords.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert logins(Settings(cca_home=tmp_path / "other", _env_file=None)) != first
