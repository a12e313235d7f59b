"""The program mongod: where it is, how the embedded server is started, whether it lives."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import util
from itertools import pairwise
from pathlib import Path

from cca.errors import ServiceDown
from cca.settings import Settings

_CACHE_GB = 0.5
NO_MONGOD = (
    "no mongod for this platform. Three ways to get one: set MONGO_URI to a server you have; "
    "put a `mongod` on PATH (mongodb.com, your package manager); or run one in Docker: "
    "docker run -d -p 127.0.0.1:27017:27017 mongo:7 and MONGO_URI=mongodb://127.0.0.1:27017"
)
# zstd's level 3 costs the CPU of snappy and half of its disk.
_STORAGE = (
    *("--wiredTigerCollectionBlockCompressor", "zstd", "--zstdDefaultCompressionLevel", "3"),
    # A record of the server's own counters, each second, which nobody here reads.
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
)


def find_binary() -> Path:
    """Return the wheel's mongod, else the one on PATH.

    Raises:
        ServiceDown: There is none; the message has the ways to get one.

    """
    if spec := util.find_spec("fiftyone"):
        for root in spec.submodule_search_locations or []:
            bundled = Path(root) / "db" / "bin" / "mongod"
            if bundled.is_file():
                if not os.access(bundled, os.X_OK):
                    bundled.chmod(0o755)
                return bundled
    if on_path := shutil.which("mongod"):
        return Path(on_path)
    raise ServiceDown(NO_MONGOD)


def log_path(settings: Settings) -> Path:
    """Return where the embedded server writes its log."""
    return settings.logs_dir / "mongod.log"


def data_dir(settings: Settings) -> Path:
    """Return the folder of the embedded server's files."""
    return settings.mongo_dir / "data"


def start(
    settings: Settings, port: int, *more: str, outlives_us: bool = False
) -> subprocess.Popen[bytes]:
    """Start the embedded server, alone and with passwords.

    Args:
        settings: Names the folders.
        port: Where it listens, on 127.0.0.1.
        more: Further options of mongod.
        outlives_us: Whether it stays when this process is killed; on Linux only it can end then.

    """
    data, log = data_dir(settings), log_path(settings)
    for folder in (data, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    argv = [
        *(str(find_binary()), "--dbpath", str(data), "--auth", "--nounixsocket"),
        *("--bind_ip", "127.0.0.1", "--port", str(port), *_STORAGE),
        *("--wiredTigerEngineConfigString", _engine(settings.mongo_cache_gb or _CACHE_GB)),
        *("--logpath", str(log), "--logappend", *more),
    ]
    # Own session: Ctrl-C in a terminal must reach the command, which then stops the server.
    return subprocess.Popen(  # noqa: S603
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=outlives_us,
        preexec_fn=None if outlives_us else _die_with_parent,  # noqa: PLW1509  (before any thread)
    )


def _engine(cache_gb: float) -> str:
    """Settings of the storage engine that mongod has no option for, or not these values.

    A journal in files of 100 MB, which is the default, keeps three of them for ever, however small
    the archive is. mongod's own option for the cache takes no less than 256 MB.
    """
    return f"log=(file_max=16MB),cache_size={round(cache_gb * 1024)}MB"


def is_running(pid: int) -> bool:
    """Tells whether that process lives and is a mongod: pids are reused."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # a child of ours that ended is no longer running
    try:
        os.kill(pid, 0)
        if sys.platform == "linux":
            return b"mongod" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (ProcessLookupError, PermissionError, FileNotFoundError):
        return False
    return True


def holder(settings: Settings) -> tuple[int, int] | None:
    """Return pid and port of the mongod that has our data open; None where no process of ours has.

    It is known by the pid in its lock file, and is ours if its own command line names our folder.
    """
    data = data_dir(settings)
    with suppress(OSError, ValueError, UnicodeError):
        pid = int((data / "mongod.lock").read_text())
        words = _command_line(pid)
        options = dict(pairwise(words))
        if "mongod" in words[0] and options.get("--dbpath") == str(data):
            return pid, int(options["--port"])
    return None


def is_of_its_own_session(pid: int) -> bool:
    """Tells whether a server was started to outlive who started it."""
    with suppress(ProcessLookupError, PermissionError):
        return os.getsid(pid) == pid
    return False


def _command_line(pid: int) -> list[str]:
    """Return the words a process was started with; one empty word for a process that is gone."""
    if sys.platform == "linux":
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    # A folder with a space in its name comes apart here: such a server is not found.
    shown = subprocess.run(  # noqa: S603
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return shown.stdout.split() or [""]


def tell(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _die_with_parent() -> None:
    """Ask Linux to stop the server when its starter is killed; elsewhere it stays and is reused."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
