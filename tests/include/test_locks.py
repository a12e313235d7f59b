"""Locks on files, between processes: who holds one is known, and a kill frees it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cca.locks import Taken, claimed, held, holder
from cca.waiting import wait_until

HOLD = """
import sys, time
from pathlib import Path
from cca.locks import held
with held(Path(sys.argv[1]), is_shared=sys.argv[2] == "shared", note="the other"):
    print("held", flush=True)
    time.sleep(600)
"""


def other(path: Path, kind: str) -> subprocess.Popen[str]:
    """A process that holds the lock until it is ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), kind], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lock_that_is_taken_names_its_holder_and_a_kill_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "one.lock"
    assert holder(path) is None
    assert not path.exists(), "a look leaves nothing"
    process = other(path, "alone")
    assert holder(path) == "the other"
    with pytest.raises(Taken) as taken, claimed(path):
        pass
    assert taken.value.note == "the other"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert wait_until(lambda: holder(path) is None, 30)
    with claimed(path):
        assert holder(path) == str(os.getpid())
    assert path.stat().st_mode & 0o077 == 0


def test_shared_holders_bear_each_other_and_nobody_alone(tmp_path: Path) -> None:
    path = tmp_path / "shared.lock"
    process = other(path, "shared")
    with held(path, is_shared=True):
        assert holder(path) is not None
    with pytest.raises(Taken), claimed(path):
        pass
    process.kill()
    process.wait()
