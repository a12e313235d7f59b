"""Where each package of the distribution lies, and what it requires.

The import name `cca` is the folder include/. requirements.txt is the only list of requirements: the
name in brackets behind a section's title is the extra that the section belongs to.
"""

import re
import tomllib
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent
ROOTS = {
    "cca": "include",
    "cca.dashboards": "dashboards",
    "cca.demo": "demo",
    "cca.project.dbt": "dbt",
    "cca.project.dags": "dags",
    "cca.project.plugins": "plugins",
}
# What runs leave in a checkout, and compiled files.
LEFT_OVERS = ["__pycache__/*", "**/__pycache__/*", "target/**", "logs/**"]
EXTRAS_ELSEWHERE = {
    "gold-postgres": "deploy/requirements-postgres.txt",
    "gold-ducklake": "deploy/requirements-ducklake.txt",
}


def requirements(mark: str = "") -> list[str]:
    """Return the lines of the sections with that mark; without one, of all that belong to no extra.

    The sections of the agent, `[agent]`, belong to the core too.
    """
    found, wanted = [], False
    for line in (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# ---"):
            marked = re.search(r"\[([\w-]+)\]", line)
            name = marked[1] if marked else ""
            wanted = name == mark or (not mark and name == "agent")
        elif wanted and (requirement := line.split("#")[0].strip()):
            found.append(requirement)
    return found


def extras() -> dict[str, list[str]]:
    """Return the requirements of each extra."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    elsewhere = {
        name: [
            line
            for line in (HERE / path).read_text(encoding="utf-8").splitlines()
            if not line.startswith("#")
        ]
        for name, path in EXTRAS_ELSEWHERE.items()
    }
    return {
        "airflow": requirements("airflow"),
        **elsewhere,
        "dev": project["dependency-groups"]["dev"],
    }


def packages() -> list[str]:
    """Return the names of all packages, by their import names."""
    return [
        name
        for root, folder in ROOTS.items()
        for name in (root, *(f"{root}.{below}" for below in find_packages(str(HERE / folder))))
    ]


if __name__ == "__main__":
    setup(
        package_dir=ROOTS,
        packages=packages(),
        package_data={"": ["**/*", "**/.airflowignore"]},
        exclude_package_data={"": LEFT_OVERS},
        install_requires=requirements(),
        extras_require=extras(),
    )
