"""What a response was written for: skill, plugin, MCP tool, kind of subagent, effort."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from cca.transcript.agents import kind_by_id
from cca.transcript.tools import mcp_call
from cca.transcript.values import string

_WRITTEN = frozenset({
    "attributionSkill", "attributionPlugin", "attributionMcpServer", "attributionMcpTool",
    "attributionAgent", "effort", "perTurnEffort",
})  # fmt: skip


class Causes(NamedTuple):
    """What one row of a response says of its cause; None where it says nothing.

    `mcp_tool` is the tool's name at its server. `effort` is that of the turn, where it has one of
    its own, else that of the session.
    """

    skill: str | None = None
    plugin: str | None = None
    mcp_server: str | None = None
    mcp_tool: str | None = None
    agent_type: str | None = None
    effort: str | None = None


NO_CAUSES = Causes()


def causes_of(entry: Mapping[str, Any], blocks: list[Any]) -> Causes:
    """Returns the causes of a response's row: what the entry says, then what its blocks call.

    Claude Code attributes since 2.1.149. A row without an MCP server of its own has the first
    that its calls name; a plugin that is not named stands before the colon of its skill.
    """
    called = mcp_call(blocks)
    agent = _said(entry, "attributionAgent") or kind_by_id(entry.get("agentId"))
    if called is None and agent is None and entry.keys().isdisjoint(_WRITTEN):
        return NO_CAUSES
    skill = _said(entry, "attributionSkill")
    server, tool = _said(entry, "attributionMcpServer"), _said(entry, "attributionMcpTool")
    if server is None and called is not None:
        server, tool = called
    return Causes(
        skill,
        _said(entry, "attributionPlugin") or _plugin_of(skill),
        server,
        tool,
        agent,
        _said(entry, "perTurnEffort") or _said(entry, "effort"),
    )


def _said(entry: Mapping[str, Any], name: str) -> str | None:
    return string(entry.get(name)) or None


def _plugin_of(skill: str | None) -> str | None:
    plugin, separator, _ = (skill or "").partition(":")
    return plugin if separator and plugin else None
