"""Finds every process of the stack by the marker in its environment, and ends it for certain."""

import logging
from collections.abc import Iterable
from contextlib import suppress

import psutil

from cca.settings import Settings
from cca.stack import run_folder

log = logging.getLogger(__name__)


def ours(settings: Settings) -> list[psutil.Process]:
    """Processes that carry this home's marker, and their children, without ourselves."""
    home = str(settings.cca_home)
    found = {process for process in psutil.process_iter() if _marker(process) == home}
    for process in list(found):
        with suppress(psutil.Error):
            found.update(process.children(recursive=True))
    myself = psutil.Process()
    found -= {myself, *myself.parents()}
    return sorted((each for each in found if _is_alive(each)), key=lambda each: int(each.pid))


def end(processes: Iterable[psutil.Process], grace_seconds: float) -> int:
    """Ask each to end, then insist; returns how many had to be killed."""
    alive = list(processes)
    for process in alive:
        with suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(alive, timeout=grace_seconds)
    for process in alive:
        log.info("pid %d did not end in %.0f s: killed", process.pid, grace_seconds)
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
    return len(alive)


def runs(process: psutil.Process, *names: str) -> bool:
    """Tells whether it is one of these programs, or its command line names one."""
    with suppress(psutil.Error):
        # A title of a process is one text.
        words = " ".join(process.cmdline()).split()
        return process.name() in names or any(
            word == name or word.endswith(f"/{name}") for word in words for name in names
        )
    return False


def _marker(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(run_folder.MARKER)
    except (psutil.Error, OSError):
        return None


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
