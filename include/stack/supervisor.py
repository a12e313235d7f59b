"""supervisord: its configuration under CCA_HOME, its start, and talking to it over its socket."""

import hashlib
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from cca.errors import ServiceDown
from cca.files import replace_file
from cca.settings import Settings, child_environment
from cca.stack.code import code_digest
from cca.stack.programs import Program
from cca.stack.run_folder import marked, run_dir, socket_dir

LAUNCHER = "cca.stack.launcher"
_START_SECONDS = 15
_ALREADY_STARTED, _NOT_RUNNING = 60, 70


def write_config(settings: Settings, programs: Iterable[Program]) -> Path:
    """Write supervisord.conf; every program waits until it is asked for."""
    path = run_dir(settings) / "supervisord.conf"
    settings.logs_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(path, _config(settings, programs))
    return path


def start(settings: Settings, programs: Iterable[Program], environment: dict[str, str]) -> None:
    """Start a detached supervisord that holds none of our streams, and wait for its socket."""
    named = tuple(programs)
    path, config = write_config(settings, named), _config(settings, named)
    (run_dir(settings) / "environment.sha256").write_text(_digest(environment, config))
    _code_path(settings).write_text(code_digest())
    subprocess.Popen(  # noqa: S603
        # -P: the home holds folders with names such as dbt, and it is the working directory.
        [sys.executable, "-P", "-m", LAUNCHER, "-n", "-c", str(path)],
        env=child_environment(environment | marked(settings)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=settings.cca_home,
        start_new_session=True,
        umask=0o077,
    )
    deadline = time.monotonic() + _START_SECONDS
    while not is_up(settings):
        if time.monotonic() > deadline:
            log_path = settings.logs_dir / "supervisord.log"
            message = f"supervisord does not answer after {_START_SECONDS} s; see {log_path}"
            raise ServiceDown(message)
        time.sleep(0.1)


def is_started_with(
    settings: Settings, programs: Iterable[Program], environment: dict[str, str]
) -> bool:
    """Tells whether the running stack was started with these programs and settings."""
    with suppress(FileNotFoundError):
        started_with = (run_dir(settings) / "environment.sha256").read_text()
        return started_with == _digest(environment, _config(settings, programs))
    return False


def has_this_code(settings: Settings) -> bool:
    """Tells whether the running stack was started with the code as it is now."""
    with suppress(FileNotFoundError):
        return _code_path(settings).read_text() == code_digest()
    return False


def is_up(settings: Settings) -> bool:
    """Tells whether a supervisord of this home answers, and is not on its way down."""
    try:
        return bool(_call(settings, "getState")["statename"] in {"RUNNING", "RESTARTING"})
    except (OSError, HTTPException, Fault):
        return False


def processes(settings: Settings) -> dict[str, dict[str, Any]]:
    """What supervisord knows of each program (state, pid, start, …); empty when it is down."""
    try:
        return {each["name"]: each for each in _call(settings, "getAllProcessInfo")}
    except (OSError, HTTPException, Fault):
        return {}


def start_program(settings: Settings, name: str) -> bool:
    """Start a program unless it runs; False when it could not even be spawned."""
    try:
        _call(settings, "startProcess", name, False)
    except Fault as fault:
        return bool(fault.faultCode == _ALREADY_STARTED)
    return True


def stop_program(settings: Settings, name: str) -> None:
    """Ask a program to stop, without waiting for its end."""
    try:
        _call(settings, "stopProcess", name, False)
    except Fault as fault:
        if fault.faultCode != _NOT_RUNNING:
            raise


def shutdown(settings: Settings) -> bool:
    """Ask supervisord to stop everything and end; False when it does not answer."""
    try:
        _call(settings, "shutdown")
    except (OSError, HTTPException, Fault):
        return False
    return True


def supervisor_pid(settings: Settings) -> int | None:
    """Process id of the answering supervisord."""
    try:
        return int(_call(settings, "getPID"))
    except (OSError, HTTPException, Fault):
        return None


def socket_path(settings: Settings) -> Path:
    """The control socket, in a private folder."""
    return socket_dir(settings) / "supervisor.sock"


def _call(settings: Settings, method: str, *arguments: Any) -> Any:
    if sys.platform == "win32":
        # Nothing of ours can run there, and supervisor cannot even be imported.
        raise ConnectionRefusedError("there is no supervisor on Windows")
    from supervisor.xmlrpc import SupervisorTransport  # noqa: PLC0415

    transport = SupervisorTransport(None, None, f"unix://{socket_path(settings)}")
    try:
        proxy = ServerProxy("http://127.0.0.1", transport=transport)
        return getattr(proxy.supervisor, method)(*arguments)
    finally:
        transport.close()


def _digest(environment: dict[str, str], config: str) -> str:
    return hashlib.sha256(json.dumps([environment, config], sort_keys=True).encode()).hexdigest()


def _code_path(settings: Settings) -> Path:
    return run_dir(settings) / "code.sha256"


def _config(settings: Settings, programs: Iterable[Program]) -> str:
    sections = [_daemon_section(settings), *(_program_section(settings, each) for each in programs)]
    return "\n".join(sections)


def _daemon_section(settings: Settings) -> str:
    socket, logs = _escaped(socket_path(settings)), _escaped(settings.logs_dir)
    return f"""\
; written by `cca up` at every start
[unix_http_server]
file = {socket}
chmod = 0700

[supervisord]
logfile = {logs}/supervisord.log
pidfile = {_escaped(run_dir(settings))}/supervisord.pid
childlogdir = {logs}
umask = 077
minfds = 1024

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""


def _program_section(settings: Settings, program: Program) -> str:
    # Supervisor expands the path of a log twice.
    return f"""\
[program:{program.name}]
command = {_escaped(shlex.join(program.command))}
autostart = false
autorestart = true
startsecs = {program.settled_seconds}
startretries = 10
stopwaitsecs = {program.stop_seconds}
stopsignal = {program.stop_signal}
stopasgroup = true
killasgroup = true
redirect_stderr = true
stdout_logfile = {_escaped(_escaped(settings.logs_dir))}/{program.name}.log
stdout_logfile_maxbytes = 20MB
stdout_logfile_backups = 2
"""


def _escaped(value: object) -> str:
    """Supervisor expands %(…)s in every value."""
    return str(value).replace("%", "%%")
