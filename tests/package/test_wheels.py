"""What a wheel brings is enough: in an empty venv, from another folder, without the checkout."""

import asyncio
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from email.parser import Parser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from mcp import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client

from cca.demo.generate import generate
from cca.mongo import archive
from cca.settings import PROJECT_DIR, Settings
from cca.transform import prepared
from cca.waiting import wait_until
from tests.package.wheels import Installed, build, install, quick_start, uv

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

# A loaded machine takes minutes for what a quiet one does in one.
PATIENT = pytest.mark.timeout(1500)

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
    # What git ignores: `make install` makes it from the dbt project.
    there += [str(path.relative_to(PROJECT_DIR)) for path in prepared.folder().glob("*")]
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


@PATIENT
def test_the_main_job_runs_from_another_folder_and_writes_nothing_into_the_package(
    whole: Installed,
) -> None:
    before = whole.files()
    out = whole.home / "sample"
    variables = {"CLAUDE_DIR": str(out / "projects"), "CCA_HOME": str(whole.home / "data")}
    whole.output("cca", "demo-data", "--out", str(out), "--sessions", "6", "--until", "2026-11-20")
    truth = json.loads((out / "truth.json").read_text())["totals"]
    nothing = whole.run("cca", "usage", "daily", **variables)
    assert nothing.returncode == 1
    assert "`cca usage daily --now`" in nothing.stderr
    made = whole.output("cca", "usage", "daily", "--now", "--json", **variables)
    usage = json.loads(made)["totals"]
    assert usage["cost_usd"] == pytest.approx(float(truth["cost_usd"]))
    assert usage["output_tokens"] == truth["output_tokens"]
    # The wheel brings what dbt ran.
    by_dbt = "select count(*) from fct_build_results where not is_repeated"
    assert whole.output("cca", "query", "--csv", by_dbt, **variables).split()[-1] == "0"
    # Without Airflow the light stack's way: the same pipeline, here.
    ran = json.loads(whole.output("cca", "run", "pipeline", "--json", **variables))
    assert ran["state"] == "success"
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


@pytest.mark.parametrize(
    "command",
    [
        ("run", "backfill", "--since", "2026-11-01", "--until", "2026-11-02"),
        ("airflow",),
        ("up", "--only", "airflow"),
    ],
)
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
    assert [row["program"] for row in status["rows"]] == [
        "mongod", "sync", "follow", "schedule", "browser",
    ]  # fmt: skip
    assert status["totals"]["stack"] == "light"


@PATIENT
def test_a_newcomer_who_follows_the_quick_start_word_by_word_gets_there(
    whole: Installed, tmp_path: Path
) -> None:
    """Its first block has installed the package. `claude` notes what it was told."""
    generate(tmp_path, sessions=6, seed=3)
    shutil.copytree(tmp_path / "projects", whole.home / ".claude" / "projects")
    told = tmp_path / "told"
    claude = whole.home / ".local" / "bin" / "claude"
    claude.write_text(f'#!/bin/sh\nshift 4\necho "$@" > {told}\n')
    claude.chmod(0o755)
    said = []
    try:
        for line in [line for block in quick_start()[1:] for line in block]:
            if line == "cca down":
                command = told.read_text().split()
                with ThreadPoolExecutor(1) as thread:
                    found = thread.submit(asyncio.run, ask_claude_s_way(whole, command)).result()
                assert found["totals"]["api_messages"] > 0
                assert wait_until(lambda: "hit" in shell(whole, "cca search error"), 60)
            said.append(shell(whole, line))
    finally:
        shell(whole, "cca down")
    truth = json.loads((tmp_path / "truth.json").read_text())["totals"]
    assert f"{truth['output_tokens']:,}" in said[0]
    status = next(text for text in said if "dead letters" in text)
    assert "light: cca's own scheduler" in status
    assert said[-1].startswith("stopped")


def shell(whole: Installed, line: str) -> str:
    """Return what a line of the page prints, typed by somebody who just installed cca."""
    done = subprocess.run(
        ["sh", "-ec", line],
        cwd=whole.elsewhere(),
        env=whole.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


async def ask_claude_s_way(whole: Installed, command: list[str]) -> dict[str, Any]:
    """Return what the tool `usage` answers, asked by the command that Claude Code was given."""
    program = str(whole.programs / command[0])
    server = StdioServerParameters(command=program, args=command[1:], env=whole.variables())
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        answer = await session.call_tool("usage", {"by": "daily"})
    content: dict[str, Any] = answer.structured_content
    return content


def test_a_git_address_is_a_source_too(tmp_path: Path) -> None:
    if not (PROJECT_DIR / ".git").exists():
        pytest.skip("this is no git checkout")
    source = f"git+file://{PROJECT_DIR}"
    command = [uv(), "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cca" / "schedule" / "jobs.py").exists()
    assert (tmp_path / "bin" / "cca").exists()


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
