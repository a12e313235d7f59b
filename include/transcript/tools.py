"""Tool calls: whose tool it is, and the one input that tells a call from its neighbours."""

from typing import Any

from cca.transcript.blocks import is_call, kind_of
from cca.transcript.terminal import plain
from cca.transcript.values import mapping, mended

# What a call works on, by how much it says of the call.
_ARGUMENTS = (
    "file_path", "notebook_path", "command", "pattern", "description", "query", "url", "skill",
    "subject", "path", "prompt", "plan", "taskId", "task_id",
)  # fmt: skip
_PATHS = ("file_path", "filePath", "notebook_path", "path")
_SUBJECTS = ("skill", "subagent_type")
_PREFIX = "mcp__"
# Calls that begin a conversation of their own.
AGENT_TOOLS = frozenset({"Agent", "Task", "Workflow"})


def tool_name(name: str, server: object = "") -> tuple[str, str]:
    """Returns (MCP server, tool): the server is everything up to the second double underscore.

    `server` is what the block itself names (`mcp_tool_use` blocks have a `server_name`).
    """
    name = plain(name)
    if name.startswith(_PREFIX):
        own, separator, tool = name[len(_PREFIX) :].partition("__")
        if separator:
            return own, tool
    return (plain(server) if isinstance(server, str) else ""), name


def mcp_call(blocks: list[Any]) -> tuple[str, str] | None:
    """Returns (server, tool) of the first call of an MCP tool among an entry's blocks."""
    for block in blocks:
        if not isinstance(block, dict) or not is_call(kind_of(block)):
            continue
        name = str(block.get("name") or "")
        # Most calls are of Claude Code's own tools: no name to take apart, nothing to clean.
        if "server_name" not in block and not name.startswith(_PREFIX) and name.isprintable():
            continue
        server, tool = tool_name(name, block.get("server_name"))
        if server:
            return mended(server), mended(tool)
    return None


def file_path(values: Any) -> str | None:
    """Returns the file a call's input, or its result, names."""
    return _first(values, _PATHS)


def subject(values: Any) -> str | None:
    """Returns the skill that a call launches, or the kind of subagent."""
    return _first(values, _SUBJECTS)


def result_path(result: Any) -> str | None:
    """Returns the file that a `toolUseResult` names."""
    values = mapping(result)
    return _first(values, _PATHS) or _first(values.get("file"), _PATHS)


def argument(values: Any) -> str:
    """Returns the input that tells a call from its neighbours, as written; "" without any."""
    if not isinstance(values, dict):
        return values if isinstance(values, str) else ""
    for name in _ARGUMENTS:
        value = values.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return next((value for value in values.values() if isinstance(value, str)), "")


def below(path: str, root: str) -> str:
    """Returns a path as it stands below a directory; another one comes back as it is."""
    root = root.rstrip("/\\")
    is_below = root and path.startswith(root) and path[len(root) : len(root) + 1] in {"/", "\\"}
    return path[len(root) + 1 :] or path if is_below else path


def _first(values: Any, names: tuple[str, ...]) -> str | None:
    if not isinstance(values, dict):
        return None
    for name in names:
        value = values.get(name)
        if isinstance(value, str):
            return value
    return None
