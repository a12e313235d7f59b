import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are forks on Linux alone")

_ASKED = """
import os, sys, threading
from cca.stack import launcher

launcher.SHARED = {"cca": ("first",), "airflow": ("second",)}
options = launcher.ForkingOptions()

def forked(package):
    command = [sys.executable, "-m", package]
    options.check_execv_args(sys.executable, command, os.stat(sys.executable))
    return options.is_forkable

print([forked(each) for each in ("cca", "other", "cca", "airflow", "airflow", "cca")])
threading.Thread(target=threading.Event().wait, daemon=True).start()
print(forked("airflow"))
"""


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_program_is_no_fork_after_another_package_or_beside_a_thread(tmp_path: Path):
    (tmp_path / "first.py").touch()
    (tmp_path / "second.py").touch()
    asked = python(_ASKED, tmp_path)
    assert asked.stdout.split("\n")[:2] == ["[True, False, True, True, True, False]", "False"]


@pytest.mark.parametrize(("word", "code"), [("--version", 0), ("nonsense", 2)])
def test_a_fork_runs_and_ends_as_the_command_does(tmp_path: Path, word: str, code: int):
    words = ["cca", word]
    fork = python(f"from cca.stack.launcher import become\nbecome({words}, {{}})", tmp_path)
    command = subprocess.run(
        [sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert fork.returncode == command.returncode == code
    assert (fork.stdout, fork.stderr) == (command.stdout, command.stderr)
    assert fork.stdout + fork.stderr


def test_what_ends_a_fork_is_in_its_log(tmp_path: Path):
    (tmp_path / "broken.py").write_text("raise ValueError('for a reason')")
    fork = python("from cca.stack.launcher import become\nbecome(['broken'], {})", tmp_path)
    assert fork.returncode == 1
    assert "ValueError: for a reason" in fork.stderr
