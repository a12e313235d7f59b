"""The benchmark runs the real commands, and the whole flow comes to the sample's truth."""

import subprocess
import sys

from cca.settings import PROJECT_DIR


def test_every_step_is_measured_and_usage_equals_the_truth():
    command = [sys.executable, "-m", "benchmarks.pipeline", "--sessions", "3"]
    done = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    measured = {row[0].removeprefix("| "): row for row in rows[1:]}
    assert list(measured) == ["sync", "extract", "load", "transform", "publish", "all"]
    for name in ("sync", "extract", "load", "transform", "publish"):
        _, wall, cpu, _, _, moved, rate, peak = measured[name]
        assert float(wall) > 0
        assert float(cpu) > 0
        assert int(moved.replace(",", "")) > 100
        assert int(rate.replace(",", "")) > 0
        assert float(peak.removesuffix(" |")) > 20
    assert "usage equals the truth in every measure" in done.stdout
