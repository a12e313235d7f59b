"""What another system lacks is imported nowhere: a check of imports, and of nothing else.

Third parties are imported first, as this system has them. Then what the other system lacks is
hidden, and every module of ours is imported again. docs/platforms.md says what ran where.
"""

import json
import subprocess
import sys

import pytest

# What Python lacks on Windows: https://docs.python.org/3/library/intro.html#availability
MISSING = {
    "win32": {
        "modules": [
            "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios",
            "tty", "supervisor", "supervisor.xmlrpc", "uvloop",
        ],
        "os": [
            "fchmod", "fchown", "fork", "getegid", "geteuid", "getgid", "getpgid", "getuid",
            "killpg", "mkfifo", "posix_fadvise", "pread", "pwrite", "sched_getaffinity", "setsid",
            "statvfs", "sync", "wait4", "waitid", "WNOHANG", "O_CLOEXEC", "O_DIRECTORY",
            "O_NOFOLLOW",
        ],
        "signal": ["SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGALRM", "SIGQUIT"],
    },
    "darwin": {
        "modules": [],
        "os": ["posix_fadvise", "sched_getaffinity"],
        "signal": [],
    },
}  # fmt: skip

PROGRAM = """
import importlib, json, os, pkgutil, signal, sys, types
import cca, cca.dashboards.browser
wanted, hidden = json.loads(sys.argv[1]), json.loads(sys.argv[2])
names = [each.name for each in pkgutil.walk_packages(cca.__path__, "cca.")]
programs = ("__main__", ".stack.launcher")
names = [name for name in names if not name.endswith(programs)]
names += [each.name for each in pkgutil.walk_packages(cca.dashboards.__path__, "cca.dashboards.")]
for name in names:
    importlib.import_module(name)
for name in [name for name in sys.modules if name == "cca" or name.startswith("cca.")]:
    del sys.modules[name]
for name in hidden["modules"]:
    sys.modules[name] = None
for name in hidden["os"]:
    if hasattr(os, name):
        delattr(os, name)
for name in hidden["signal"]:
    if hasattr(signal, name):
        delattr(signal, name)
if wanted == "win32":
    sys.modules["msvcrt"] = types.ModuleType("msvcrt")
sys.platform = wanted
failed = {}
for name in names:
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = repr(error)
print(json.dumps({"imported": len(names) - len(failed), "failed": failed}))
"""


@pytest.mark.parametrize("system", MISSING)
def test_no_module_imports_what_the_system_lacks(system: str) -> None:
    arguments = [json.dumps(system), json.dumps(MISSING[system])]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["failed"] == {}
    assert found["imported"] > 200
