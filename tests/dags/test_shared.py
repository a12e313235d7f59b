import sys

import pytest

from tests.dags.conftest import Run

_IMPORTED = """
import importlib, os, sys
from cca.stack.launcher import SHARED

for names in SHARED.values():
    for name in names:
        importlib.import_module(name)
opened = [os.readlink(path) for path in os.scandir("/proc/self/fd") if os.path.islink(path)]
found = {
    "threads": len(os.listdir("/proc/self/task")),
    "sockets": [each for each in opened if "socket" in each],
    "ours": sorted(name for name in sys.modules if name.partition(".")[0].startswith("cca")),
}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="programs are forks on Linux alone")
def test_what_programs_share_are_libraries_that_start_no_thread_and_no_connection(in_airflow: Run):
    found = in_airflow(_IMPORTED)
    # Airflow imports it to connect to SQLite.
    stack = ["cca.stack", "cca.stack.launcher", "cca.stack.shared", "cca.stack.sqlite"]
    assert found.pop("ours") == ["cca", *stack, "cca_airflow", "cca_airflow.shared"]
    assert found == {"threads": 1, "sockets": []}
