"""Wheels of the two distributions, and venvs to try them in."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cca.settings import PROJECT_DIR

LEFT_OVERS = shutil.ignore_patterns("__pycache__", "*.egg-info", "target", "logs", "build")
SOURCES = (
    "include", "dashboards", "demo", "dags", "plugins", "dbt", "deploy", "setup.py",
    "pyproject.toml", "requirements.txt", "README.md", "LICENSE",
)  # fmt: skip


@dataclass
class Installed:
    """A venv with one of the distributions, and a machine around it that has nothing else."""

    programs: Path
    home: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def packages(self) -> Path:
        (found,) = self.programs.parent.glob("lib/python*/site-packages")
        return found

    def variables(self, **more: str) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.home), **self.more, **more}

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.programs / command[0]), *command[1:]],
            cwd=self.elsewhere(),
            env=self.variables(**variables),
            capture_output=True,
            text=True,
            check=False,
        )

    def elsewhere(self) -> Path:
        folder = self.home / "elsewhere"
        folder.mkdir(exist_ok=True)
        return folder

    def output(self, *command: str, **variables: str) -> str:
        done = self.run(*command, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def files(self) -> dict[str, int]:
        """When each file of cca was written, without those that Python compiles."""
        found = (self.packages / "cca").rglob("*")
        files = (path for path in found if path.is_file() and path.suffix != ".pyc")
        return {str(path): path.stat().st_mtime_ns for path in files}


def quick_start() -> list[list[str]]:
    """The lines of each block of commands of docs/quick-start.md, in order."""
    text = (PROJECT_DIR / "docs" / "quick-start.md").read_text()
    return [
        block.splitlines()
        for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    ]


def uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        pytest.skip("uv is absent: `make install` brings it")
    return found


def build(project: str, folder: Path) -> Path:
    """Return the wheel of the project in that folder of the tree, built from a copy of it."""
    tree = folder / "tree"
    tree.mkdir(parents=True)
    for name in SOURCES:
        source, target = PROJECT_DIR / name, tree / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT_OVERS, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
    _run([uv(), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(tree / project)])
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, venv: Path, extra: str = "") -> Path:
    """Return the folder of programs of a new venv that holds the wheel and what it requires."""
    wanted = f"{wheel}[{extra}]" if extra else str(wheel)
    constraints = str(PROJECT_DIR / "constraints.txt")
    python = str(venv / "bin" / "python")
    _run([uv(), "venv", "--quiet", "--python", sys.executable, str(venv)])
    _run([uv(), "pip", "install", "--quiet", "--python", python, "-c", constraints, wanted])
    return venv / "bin"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
