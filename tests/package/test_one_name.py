"""No module has two names, and no line that starts a program uses the old one."""

import re
import subprocess
import sys

import pytest

from cca.settings import PROJECT_DIR, Settings
from cca.stack.airflow import airflow_environment

# What tells of the old name, and what answers to it.
TELL_OF_IT = {
    "CHANGELOG.md", "docs/decisions/0019-one-import-name.md", "include/__init__.py",
    "tests/deploy/test_service_files.py", "tests/upgrade/old_home.py",
}  # fmt: skip
OLD = re.compile(r"-m (include|dashboards|demo)\.|^\s*(import|from) (include|dashboards|demo)\b")


def test_no_file_starts_or_imports_a_module_by_its_old_name() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT_DIR, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    found = []
    for name in listed.stdout.splitlines():
        path = PROJECT_DIR / name
        if name in TELL_OF_IT or path.suffix in {".png", ".gz"} or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        found += [f"{name}: {line}" for line in text.splitlines() if OLD.search(line)]
    assert found == []


def test_the_folders_are_no_packages_by_their_own_names() -> None:
    """From any folder but the checkout itself, where Python's path would find them."""
    program = "from importlib.util import find_spec; print(find_spec('include'))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"


def test_airflow_gets_no_python_path_that_gives_modules_a_second_name() -> None:

    assert "PYTHONPATH" not in airflow_environment(Settings(_env_file=None))
