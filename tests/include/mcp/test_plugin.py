"""The plugin for Claude Code: its files say what is there."""

import json
import re
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from cca.cli import COMMANDS
from cca.cli.mcp import mcp as command
from cca.mcp.archive import Archive
from cca.mcp.hello import hello
from cca.mcp.tools import TOOLS
from cca.settings import PROJECT_DIR, Settings
from tests.include.mcp.conftest import HOSTILE, HOSTILE_FOLDER, Home

MARKET = json.loads((PROJECT_DIR / ".claude-plugin/marketplace.json").read_text())
FOLDERS = [PROJECT_DIR / plugin["source"] for plugin in MARKET["plugins"]]
PLUGIN = PROJECT_DIR / "deploy/claude-code"
SKILL = PLUGIN / "skills/ask-my-archive/SKILL.md"
AGENT = PLUGIN / "agents/archive-searcher.md"


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / ".claude-plugin/plugin.json").read_text())
    return found


def front(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text().split("---")[1])
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_plugin_has_the_name_and_version_that_others_know(folder: Path) -> None:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())["project"]
    entry = next(each for each in MARKET["plugins"] if PROJECT_DIR / each["source"] == folder)
    assert manifest(folder)["name"] == entry["name"]
    assert manifest(folder)["version"] == project["version"]
    assert manifest(folder)["license"] == project["license"]


def test_the_commands_of_the_plugins_exist() -> None:
    servers = json.loads((PLUGIN / ".mcp.json").read_text())["mcpServers"]
    assert [servers["cca"]["command"], *servers["cca"]["args"]] == ["cca", "mcp"]
    assert "mcp" in COMMANDS
    hooks = json.loads((PROJECT_DIR / "deploy/claude-code-start/hooks/hooks.json").read_text())
    words = hooks["hooks"]["SessionStart"][0]["hooks"][0]["command"].split()
    assert words[:2] == ["cca", "mcp"]
    assert words[2] in command.commands


def test_the_skill_and_the_agent_name_tools_that_exist() -> None:
    names = {tool.name for tool in TOOLS}
    table = re.findall(r"^\|.*\| (.*) \|$", SKILL.read_text(), re.MULTILINE)
    assert {word for line in table for word in re.findall(r"`(\w+)`", line)} == names
    tools = front(AGENT)["tools"].split(", ")
    assert {name.rsplit("__", 1)[1] for name in tools} == {"search", "read"}


def test_skill_and_agent_are_named_as_their_files() -> None:
    assert front(SKILL)["name"] == SKILL.parent.name
    assert front(AGENT)["name"] == AGENT.stem


def test_the_recipes_of_the_skill_run(home: Home) -> None:
    recipes = re.search(r"```sql\n(.*?)```", SKILL.read_text(), re.DOTALL)
    assert recipes
    statements = [each for each in recipes[1].split(";") if each.strip()]
    sql = next(tool for tool in TOOLS if tool.name == "sql")
    with closing(Archive(home.settings)) as archive:
        for statement in statements:
            assert sql.call(archive, {"statement": statement})["columns"]
    assert len(statements) >= 4


def test_the_line_at_the_start_counts_earlier_sessions(home: Home, tmp_path: Path) -> None:
    assert "1 earlier session of this project" in hello(home.settings, HOSTILE_FOLDER)
    own = home.settings.model_copy(update={"claude_code_session_id": HOSTILE})
    assert hello(own, HOSTILE_FOLDER) == ""
    assert hello(home.settings, "/nowhere") == ""
    empty = Settings(cca_home=tmp_path, _env_file=None)
    assert hello(empty, HOSTILE_FOLDER) == ""
