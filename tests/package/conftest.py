"""The whole distribution as a newcomer installs it, once for all tests of this folder."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cca.settings import PROJECT_DIR, child_environment
from tests.helpers import free_port
from tests.package.wheels import Installed, build, quick_start, uv

TOOL = "claude-conversation-analytics"
# How uv finds packages on this machine, and what it has already.
_OF_UV = re.compile(r"UV_|PIP_|SSL_CERT|HTTPS?_PROXY|NO_PROXY", re.IGNORECASE)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(".", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def whole(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Installed by the first command of the quick start; the index has our wheel beside the rest.

    pip's settings of this machine count, so that a mirror does.
    """
    home = tmp_path_factory.mktemp("whole")
    own = {name: value for name, value in child_environment({}).items() if _OF_UV.match(name)}
    bin_dir = home / ".local" / "bin"
    more = own | {
        "PATH": f"{bin_dir}:{Path(uv()).parent}:/usr/bin:/bin",
        "UV_FIND_LINKS": " ".join(filter(None, (str(wheel.parent), own.get("UV_FIND_LINKS")))),
        "UV_CACHE_DIR": subprocess.run(
            [uv(), "cache", "dir"], capture_output=True, text=True, check=True
        ).stdout.strip(),
        "UV_CONSTRAINT": str(PROJECT_DIR / "constraints.txt"),
        "UV_PYTHON": sys.executable,
        "BROWSER_PORT": str(free_port()),
        "HEALTH_PORT": str(free_port()),
    }
    (line,) = quick_start()[0]
    environment = {"HOME": str(home), **more}
    done = subprocess.run(
        ["sh", "-ec", line], env=environment, cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    programs = home / ".local" / "share" / "uv" / "tools" / TOOL / "bin"
    return Installed(
        programs,
        home,
        {
            "PATH": f"{bin_dir}:/usr/bin:/bin",
            "BROWSER_PORT": more["BROWSER_PORT"],
            "HEALTH_PORT": more["HEALTH_PORT"],
        },
    )
