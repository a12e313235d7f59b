"""The sync agent alone: the modules that it imports, and its section of requirements.txt."""

import ast
import tomllib
from collections.abc import Iterator
from os.path import relpath
from pathlib import Path
from runpy import run_path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"


def path_of(name: str) -> Path | None:
    """Return the file of a module or package of ours, None where the name is neither."""
    stem = INCLUDE.joinpath(*name.split(".")[1:])
    files = (stem / "__init__.py", stem.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


def imported(path: Path) -> Iterator[str]:
    """Yield every name that the file imports, each of which may be a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules() -> set[str]:
    """Return the names of the modules that make up the agent."""
    waiting, found = {"cca.sync_agent.__main__"}, set()
    while waiting:
        name = waiting.pop()
        if not name.startswith("cca") or not (path := path_of(name)):
            continue
        found.add(name)
        # The package of a module comes along.
        waiting |= {*imported(path), name.rpartition(".")[0]} - found
    return found


MODULES = modules()


class AgentOnly(build_py):
    """Copies the agent's modules and no others of their packages."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        found = super().find_package_modules(package, package_dir)
        return [
            (package, name, file)
            for package, name, file in found
            if name == "__init__" or f"{package}.{name}" in MODULES
        ]


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    setup(
        version=project["version"],
        package_dir={"cca": relpath(INCLUDE, Path(__file__).resolve().parent)},
        packages=[name for name in MODULES if (path_of(name) or Path()).name == "__init__.py"],
        install_requires=run_path(str(ROOT / "setup.py"))["requirements"]("agent"),
        cmdclass={"build_py": AgentOnly},
    )
