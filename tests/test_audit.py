"""The audit of dependencies says when it knows nothing."""

import socket
import subprocess

from cca.settings import PROJECT_DIR


def test_without_a_network_nothing_is_called_safe():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        done = subprocess.run(
            [PROJECT_DIR / ".ci" / "audit"],
            env={"OSV_URL": nowhere, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "nothing is known about vulnerabilities" in done.stderr
    assert "No known vulnerabilities" not in done.stdout
