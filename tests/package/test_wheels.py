"""What a wheel brings is enough: in an empty venv, from another folder, without the checkout."""

import json
import os
import subprocess
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

from cca.mongo import archive
from cca.settings import PROJECT_DIR, Settings
from tests.package.wheels import build, install

FOLDERS = {
    "include": "cca", "dashboards": "cca/dashboards", "demo": "cca/demo",
    "dbt": "cca/project/dbt", "dags": "cca/project/dags", "plugins": "cca/project/plugins",
}  # fmt: skip
# What the agent's packages bring along, by their names on the index.
SMALL = {
    "ahocorasick-rs", "annotated-types", "claude-conversation-analytics-agent", "dnspython",
    "orjson", "prometheus-client", "pydantic", "pydantic-core", "pydantic-settings", "pymongo",
    "python-dotenv", "typing-extensions", "typing-inspection", "watchdog",
}  # fmt: skip
LINE = (
    '{"type":"user","uuid":"u1","timestamp":"2026-11-01T10:00:00Z",'
    '"message":{"role":"user","content":"hello"}}\n'
)

READ_THE_BAG = """
import json, os
from cca.settings import get_settings
from cca.stack.stack import stack_environment
os.environ.update(stack_environment(get_settings()))
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
errors = {str(path): error for path, error in bag.import_errors.items()}
print(json.dumps({"errors": errors, "dags": sorted(bag.dags)}))
"""


@dataclass
class Installed:
    """A venv with one of the distributions, and a machine around it that has nothing else."""

    programs: Path
    home: Path

    @property
    def packages(self) -> Path:
        (found,) = self.programs.parent.glob("lib/python*/site-packages")
        return found

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        elsewhere = self.home / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        return subprocess.run(
            [str(self.programs / command[0]), *command[1:]],
            cwd=elsewhere,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(self.home),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def output(self, *command: str, **variables: str) -> str:
        done = self.run(*command, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def files(self) -> dict[str, int]:
        """When each file of cca was written, without those that Python compiles."""
        found = (self.packages / "cca").rglob("*")
        files = (path for path in found if path.is_file() and path.suffix != ".pyc")
        return {str(path): path.stat().st_mtime_ns for path in files}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(".", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def whole(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("whole")
    return Installed(install(wheel, folder / "venv"), folder)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("agent")
    return Installed(install(build("deploy/agent", folder), folder / "venv"), folder)


def test_every_file_of_the_folders_is_in_the_wheel_and_none_else(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    there = [path for path in listed.stdout.splitlines() if (PROJECT_DIR / path).is_file()]
    wanted = {FOLDERS[path.split("/")[0]] + "/" + path.split("/", 1)[1] for path in there}
    with ZipFile(wheel) as file:
        found = {name for name in file.namelist() if ".dist-info/" not in name}
    assert found == wanted


def test_it_requires_what_requirements_txt_says_and_airflow_as_an_extra(wheel: Path) -> None:
    with ZipFile(wheel) as file:
        name = next(name for name in file.namelist() if name.endswith("/METADATA"))
        about = Parser().parsestr(file.read(name).decode())
    required = about.get_all("Requires-Dist") or []
    core = [line for line in required if "extra ==" not in line]
    airflow = [line for line in required if 'extra == "airflow"' in line]
    text = (PROJECT_DIR / "requirements.txt").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(core) + len(airflow) == len(lines)
    assert not [line for line in core if "airflow" in line or "cosmos" in line]
    extras = {"airflow", "gold-postgres", "gold-ducklake", "dev"}
    assert set(about.get_all("Provides-Extra") or []) == extras


def test_the_main_job_runs_from_another_folder_and_writes_nothing_into_the_package(
    whole: Installed,
) -> None:
    before = whole.files()
    out = whole.home / "sample"
    variables = {"CLAUDE_DIR": str(out / "projects"), "CCA_HOME": str(whole.home / "data")}
    whole.output("cca", "demo-data", "--out", str(out), "--sessions", "6", "--until", "2026-11-20")
    truth = json.loads((out / "truth.json").read_text())["totals"]
    whole.output("cca", "sync", "--once", **variables)
    whole.output("cca", "pipeline", **variables)
    usage = json.loads(whole.output("cca", "usage", "daily", "--json", **variables))["totals"]
    assert usage["cost_usd"] == pytest.approx(float(truth["cost_usd"]))
    assert usage["output_tokens"] == truth["output_tokens"]
    assert "prices" in whole.output("cca", "prices", "update", **variables)
    assert (whole.home / "data" / "prices" / "model_prices.csv").exists()
    assert whole.files() == before


def test_settings_come_from_the_home_and_never_from_the_current_folder(whole: Installed) -> None:
    data = whole.home / "other"
    data.mkdir()
    (whole.home / "elsewhere").mkdir(exist_ok=True)
    (whole.home / "elsewhere" / ".env").write_text("TIMEZONE=Mars/Base\n")
    program = "from cca.settings import get_settings as g; print(g().timezone)"
    (data / ".env").write_text("TIMEZONE=Asia/Tokyo\n")
    assert whole.output("python", "-c", program, CCA_HOME=str(data)) == "Asia/Tokyo\n"
    (whole.home / "elsewhere" / ".env").unlink()


@pytest.mark.parametrize("command", [("run", "daily"), ("airflow",), ("up", "--only", "airflow")])
def test_a_command_whose_extra_is_missing_says_how_to_install_it(
    whole: Installed, command: tuple[str, ...]
) -> None:
    done = whole.run("cca", *command, CCA_HOME=str(whole.home / "none"))
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert sentence.endswith("pip install 'claude-conversation-analytics[airflow]'"), sentence


def test_without_airflow_the_stack_is_the_other_parts(whole: Installed) -> None:
    status = json.loads(
        whole.output("cca", "status", "--json", CCA_HOME=str(whole.home / "stopped"))
    )
    assert [row["program"] for row in status["rows"]] == ["mongod", "sync", "follow", "browser"]


@pytest.mark.long
def test_airflow_finds_the_dags_of_the_package(wheel: Path, tmp_path: Path) -> None:
    installed = Installed(install(wheel, tmp_path / "venv", "airflow"), tmp_path)
    variables = {"CCA_HOME": str(tmp_path / "data")}
    installed.output("cca", "airflow", "prepare", **variables)
    found = installed.output("python", "-c", READ_THE_BAG, **variables).splitlines()[-1]
    names = sorted(path.stem for path in (PROJECT_DIR / "dags").glob("*.py"))
    assert json.loads(found) == {"errors": {}, "dags": names}


def test_the_agent_alone_brings_a_handful_of_packages(agent: Installed) -> None:
    names = {
        path.name.rsplit("-", 2)[0].replace("_", "-") for path in agent.packages.glob("*.dist-info")
    }
    assert names <= SMALL
    assert not {path.name for path in (agent.packages / "cca").iterdir()} & {"cli", "dashboards"}


def test_every_module_of_the_agent_alone_can_be_imported(agent: Installed) -> None:
    files = (agent.packages / "cca").rglob("*.py")
    paths = [path.relative_to(agent.packages).with_suffix("") for path in files]
    names = sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)
    assert "cca.sync_agent.watch" in names
    agent.output("python", "-c", f"import {', '.join(names)}")


def test_the_agent_alone_delivers(agent: Installed, settings: Settings) -> None:
    folder = settings.claude_dirs[0] / "-srv-app"
    folder.mkdir()
    (folder / "one.jsonl").write_text(LINE)
    variables = settings.as_environment() | {"CCA_ENV_FILE": os.devnull}
    agent.output("cca-agent", "--once", **variables)
    with archive.connect(settings.mongo_uri) as client:
        assert archive.conversations(client, settings).count_documents({}) == 1
