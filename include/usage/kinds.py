"""The reports of `cca usage` by name; imports nothing heavy, so that the command lists them."""

from typing import Literal, get_args

# Reports of the causes have the words of cca.gold.measures.causes.
Kind = Literal[
    "daily", "weekly", "monthly", "model", "project", "repository", "host", "session", "blocks",
    "limits", "tools", "behaviour", "branch", "pr", "skill", "plugin", "mcp", "mcp-tool", "agent",
    "command", "effort", "version", "entrypoint", "category", "user", "cache-breaks", "context",
    "waste",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
