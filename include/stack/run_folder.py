"""Where the stack's sockets and locks are, closed to others, and the sign of its processes."""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cca.errors import ServiceDown
from cca.settings import Settings

# Every process of the stack carries this variable, so that it is found when nothing else knows it.
MARKER = "CCA_STACK"
# A socket's path is limited to 104 bytes by macOS, and supervisor appends its pid while it binds.
_LONGEST_SOCKET_PATH = 90
_LONGEST_NAME = "supervisor.sock"


def run_dir(settings: Settings) -> Path:
    """Where the supervisor's own files are, closed to others."""
    path = settings.cca_home / "run"
    settings.cca_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.mkdir(exist_ok=True)
    path.chmod(0o700)
    return path


def socket_dir(settings: Settings) -> Path:
    """Where the sockets are, closed to others; a long CCA_HOME gets a short folder of its own."""
    path = settings.cca_home / "run" / _LONGEST_NAME
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return run_dir(settings)
    name = f"cca-{os.getuid()}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.getuid() or folder.is_symlink():
        message = f"{folder} belongs to someone else; remove it, or set CCA_HOME to a shorter path"
        raise ServiceDown(message)
    return folder


def leave(settings: Settings) -> None:
    """Remove the short folder of a long CCA_HOME, unless a socket is left in it."""
    folder = socket_dir(settings)
    if folder != settings.cca_home / "run":
        with suppress(OSError):
            folder.rmdir()


def marked(settings: Settings) -> dict[str, str]:
    """The marker, and what keeps process titles from overwriting it in /proc."""
    return {MARKER: str(settings.cca_home), "SPT_NOENV": "1"}
