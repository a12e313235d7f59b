"""What a response is written for, as the sample knows it: what its rows say and where it counts."""

from dataclasses import dataclass
from typing import Any

_EFFORTS = ("medium", "high", "xhigh", "low")
# Models that know no effort.
_WITHOUT_EFFORT = "claude-haiku"
_PREFIX = "mcp__"


@dataclass
class Causes:
    """The state of a session that Claude Code attributes its responses to.

    `prompt` is the uuid of the last prompt; `is_written` is False for versions that attribute
    nothing yet: there an MCP tool counts for the response that calls it, and for no other.
    """

    effort: str
    turn_effort: str | None = None
    skill: str | None = None
    plugin: str | None = None
    mcp_server: str | None = None
    mcp_tool: str | None = None
    agent: str | None = None
    prompt: str | None = None
    command: str | None = None
    is_written: bool = True

    def begin_turn(self, prompt: str, command: str | None = None) -> None:
        """A new prompt is worked on with no skill and no MCP tool yet."""
        self.prompt, self.command = prompt, command
        self.skill = self.plugin = self.mcp_server = self.mcp_tool = None

    def call(self, name: str) -> None:
        """What follows works with the MCP tool that is called."""
        if name.startswith(_PREFIX):
            self.mcp_server, _, self.mcp_tool = name.removeprefix(_PREFIX).partition("__")

    def answered(self, name: str) -> None:
        """Without attribution a call's result is nobody's."""
        if name.startswith(_PREFIX) and not self.is_written:
            self.mcp_server = self.mcp_tool = None

    def load_skill(self, skill: str) -> None:
        self.skill = skill
        plugin, colon, _ = skill.partition(":")
        self.plugin = plugin if colon else None

    @staticmethod
    def knows_effort(model: str) -> bool:
        return not model.startswith(_WITHOUT_EFFORT)

    def fields(self, model: str) -> dict[str, Any]:
        """The fields of a row, in the order in which Claude Code writes them."""
        known = self.knows_effort(model)
        effort = {"effort": self.effort} if known else {}
        said: dict[str, Any] = {**effort, "perTurnEffort": self.turn_effort if known else None}
        if not self.is_written:
            return said
        attributed = {
            "attributionAgent": self.agent, "attributionSkill": self.skill,
            "attributionPlugin": self.plugin, "attributionMcpServer": self.mcp_server,
            "attributionMcpTool": self.mcp_tool,
        }  # fmt: skip
        return {**said, **{name: value for name, value in attributed.items() if value}}

    def counted(self, model: str) -> dict[str, str | None]:
        """By what the response counts, None for nothing."""
        known = self.knows_effort(model)
        tool = f"{self.mcp_server}/{self.mcp_tool}" if self.mcp_server else None
        return {
            "skill": self.skill if self.is_written else None,
            "plugin": self.plugin if self.is_written else None,
            "mcp": self.mcp_server, "mcp_tool": tool, "agent": self.agent,
            "effort": (self.turn_effort or self.effort) if known else None,
            "prompt": self.prompt, "command": self.command,
        }  # fmt: skip


def effort_of(index: int) -> str:
    """The effort that a session was started with."""
    return _EFFORTS[index % len(_EFFORTS)]
