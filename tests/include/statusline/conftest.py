"""What Claude Code writes to a status line, and the command run as Claude Code runs it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cca.settings import PROJECT_DIR

SESSION = "00000000-0000-4000-8000-00000000a11e"


@pytest.fixture
def payload() -> Callable[..., dict[str, Any]]:
    """The documented fields; a limit is (percentage, end of its window)."""

    def make(
        five_hour: tuple[float, int] | None = (41.0, 4_000_000_000),
        seven_day: tuple[float, int] | None = (63.0, 4_000_500_000),
        **changes: Any,
    ) -> dict[str, Any]:
        limits = {"five_hour": five_hour, "seven_day": seven_day}
        return {
            "hook_event_name": "Status", "session_id": SESSION, "cwd": "/home/ada/atlas/src",
            "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"},
            "workspace": {"current_dir": "/home/ada/atlas/src", "project_dir": "/home/ada/atlas"},
            "version": "2.1.300", "cost": {"total_cost_usd": 1.234},
            "context_window": {
                "used_percentage": 42, "total_input_tokens": 84_000, "context_window_size": 200_000,
            },
            "rate_limits": {
                name: {"used_percentage": limit[0], "resets_at": limit[1]}
                for name, limit in limits.items()
                if limit
            },
        } | changes  # fmt: skip

    return make


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Starts the command in a process of its own, with an almost empty environment."""

    def start(stdin: bytes | dict[str, Any], *words: str) -> subprocess.CompletedProcess[bytes]:
        given = stdin if isinstance(stdin, bytes) else json.dumps(stdin).encode()
        return subprocess.run(
            [sys.executable, "-m", "cca", "statusline", *words],
            cwd=PROJECT_DIR,
            env={"PATH": "/usr/bin:/bin", "CCA_HOME": str(tmp_path), "CCA_ENV_FILE": "/dev/null"},
            input=given,
            capture_output=True,
            check=False,
        )

    return start
