"""The files for people who carry on: workflows, templates, hooks, a development container."""

import json
import re
from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
import yaml
from jsonschema import Draft7Validator

from cca.settings import PROJECT_DIR

GITHUB = PROJECT_DIR / ".github"
SCHEMAS = {
    GITHUB / "workflows/ci.yml": "github-workflows",
    GITHUB / "ISSUE_TEMPLATE/config.yml": "github-issue-config",
    GITHUB / "ISSUE_TEMPLATE/wrong-result.yml": "github-issue-forms",
    GITHUB / "ISSUE_TEMPLATE/question-it-cannot-answer.yml": "github-issue-forms",
}


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_github_can_read_its_files(path: Path) -> None:
    folder = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    schema = json.loads((folder / f"{SCHEMAS[path]}.json").read_text())
    errors = list(Draft7Validator(schema).iter_errors(_without_yaml_booleans(_yaml(path))))
    assert [(list(error.absolute_path), error.message) for error in errors] == []


def test_every_file_of_github_is_checked() -> None:
    assert set(GITHUB.rglob("*.yml")) == set(SCHEMAS)


def test_workflows_and_hooks_run_what_exists() -> None:
    jobs = _yaml(GITHUB / "workflows/ci.yml")["jobs"]
    runs = {step["run"] for job in jobs.values() for step in job["steps"] if "run" in step}
    assert runs == {".ci/run", "make test-light"}
    assert (PROJECT_DIR / ".ci/run").stat().st_mode & 0o111
    makefile = (PROJECT_DIR / "Makefile").read_text()
    assert re.search(r"^test-light:", makefile, re.MULTILINE)


def test_the_light_tests_exist() -> None:
    makefile = (PROJECT_DIR / "Makefile").read_text()
    recipe = makefile.split("\ntest-light:")[1].split("\n\n")[0]
    named = re.findall(r"tests/[\w/.]+", recipe)
    assert named
    assert [name for name in named if not (PROJECT_DIR / name).exists()] == []


def test_the_hooks_are_the_linters_of_make_lint() -> None:
    config = _yaml(PROJECT_DIR / ".pre-commit-config.yaml")
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    programs = {hook["entry"].split()[0] for hook in hooks}
    lint = (PROJECT_DIR / "Makefile").read_text().split("\nlint:")[1].split("\n\n")[0]
    assert {program for program in programs if Path(program).name not in lint} == set()


def test_the_development_container_installs_with_make() -> None:
    container = json.loads((PROJECT_DIR / ".devcontainer/devcontainer.json").read_text())
    assert container["postCreateCommand"].endswith("make install")


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def _without_yaml_booleans(value: dict[Any, Any]) -> dict[Any, Any]:
    """The workflow with its key `on`, which YAML 1.1 reads as true."""
    return {"on" if key is True else key: inner for key, inner in value.items()}
