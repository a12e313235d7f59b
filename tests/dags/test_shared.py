import sys

import pytest

from tests.dags.conftest import Run

_IMPORTED = """
import importlib, os
from cca.stack.launcher import SHARED

for names in SHARED.values():
    for name in names:
        importlib.import_module(name)
opened = [os.readlink(path) for path in os.scandir("/proc/self/fd") if os.path.islink(path)]
found = [len(os.listdir("/proc/self/task")), [each for each in opened if "socket" in each]]
"""


@pytest.mark.skipif(sys.platform != "linux", reason="programs are forks on Linux alone")
def test_what_servers_share_can_be_imported_and_starts_no_thread_and_no_connection(
    in_airflow: Run,
):
    assert in_airflow(_IMPORTED) == [1, []]
