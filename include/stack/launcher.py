"""A program: supervisord whose Python programs are forks of itself.

Our programs import much the same, and so do Airflow's four. Here one process imports it, and each
program begins as a copy of that process: their memory is one until somebody writes to it. Each is
still a process of its own, which ends and is started again alone.
"""

import atexit
import gc
import os
import runpy
import signal
import sys
import threading
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import setproctitle
from supervisor import supervisord
from supervisor.options import ServerOptions

# What to import before the first program of a package. Airflow itself finds our plugins.
SHARED = {"cca": ("cca.stack.shared",), "airflow": ("airflow.settings", "cca_airflow.shared")}
# Linux alone has it, and on macOS system libraries do not outlive a fork.
_THREADS = Path("/proc/self/task")


class ForkingOptions(ServerOptions):  # type: ignore[misc]
    """What supervisord calls to start a program."""

    is_forkable = False
    # The package that was imported last; what it set up, such as Airflow's logging, is its own.
    _latest = ""

    def check_execv_args(self, filename: str, argv: list[str], st: Any) -> None:
        """Import what the program shares; supervisord asks before it forks."""
        super().check_execv_args(filename, argv, st)
        package = package_of(argv)
        self.is_forkable = bool(package) and _THREADS.is_dir()
        if self.is_forkable:
            for name in SHARED[package]:
                self._import(package, name)
            # A fork of several threads may wait for ever for what another one held.
            self.is_forkable = package == self._latest and len(list(_THREADS.iterdir())) == 1

    def execve(self, filename: str, argv: list[str], env: dict[str, str]) -> None:
        """Go on as the program; supervisord asks in the child."""
        if self.is_forkable:
            become(_words(argv), env)
        super().execve(filename, argv, env)

    def _import(self, package: str, name: str) -> None:
        if name in sys.modules:
            return
        self._latest = package
        try:
            import_module(name)
        except Exception as error:  # noqa: BLE001  (the program tells it too, in its own log)
            text = f"{name} cannot be imported before its programs: {error}"
            self.logger.warn(text)  # noqa: G010  (supervisord's own logger)
        # The collector leaves alone what is here now, so it stays shared.
        gc.collect()
        gc.freeze()


def package_of(argv: list[str]) -> str:
    """Name the package whose program this is; empty for any other command."""
    return next((word for word in _words(argv)[:1] if word in SHARED), "")


def _words(argv: list[str]) -> list[str]:
    """Return what follows `python -m`; nothing for any other command."""
    return argv[argv.index("-m") + 1 :] if argv[0] == sys.executable and "-m" in argv else []


def become(words: list[str], env: dict[str, str]) -> NoReturn:
    """Run `python -m` with these words, and end as Python would."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(env)  # noqa: TID251  (a write)
    setproctitle.setproctitle(" ".join(words))
    sys.argv = list(words)
    code = _run(words[0])
    # What the interpreter does at its end; Supervisor's frames below must not run on.
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _run(package: str) -> int:
    try:
        runpy.run_module(package, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
        return 1
    except BaseException:  # noqa: BLE001  (its end, whatever it was)
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    # It finds the place of the title by the environment, which must be as it was at the start.
    setproctitle.getproctitle()
    supervisord.ServerOptions = ForkingOptions
    supervisord.main()
