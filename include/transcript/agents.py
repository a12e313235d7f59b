"""Subagents: whose file a file is, and what its meta file says."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from cca.transcript.values import mapping, string

_OPENING = "agent-"
_META = ".meta.json"
# Claude Code writes no meta file for the subagent that sums up a conversation.
_COMPACTION = "acompact-"


class AgentMeta(NamedTuple):
    """What `agent-<id>.meta.json` says; empty where it says nothing.

    `kind` is the agent's type, `task_kind` is `in_process_teammate` for a teammate.
    """

    agent_id: str
    kind: str
    description: str
    tool_use_id: str
    parent_agent_id: str
    name: str
    task_kind: str
    workflow_phase: str


@lru_cache(maxsize=4096)
def agent_of_file(path: str) -> str | None:
    """Returns the id of the agent whose transcript or meta file this path, or stream, names."""
    name = path.rsplit("/", 1)[-1]
    if not name.startswith(_OPENING):
        return None
    stem = name[len(_OPENING) :]
    for suffix in (_META, ".jsonl"):
        stem = stem.removesuffix(suffix)
    return stem or None


def agent_id_of(entry: Mapping[str, Any], source_file: str) -> str | None:
    """Returns the id of the agent that wrote the entry: its own word, else its file's name."""
    own = entry.get("agentId")
    return own if own and isinstance(own, str) else agent_of_file(source_file)


def kind_by_id(agent_id: Any) -> str | None:
    """Returns the kind of a subagent that its id alone tells: `compaction`, or None."""
    is_one = isinstance(agent_id, str) and agent_id.startswith(_COMPACTION)
    return "compaction" if is_one else None


def workflow_of_file(path: str) -> str | None:
    """Returns the run of a workflow (`wf_…`) that a subagent's path, or stream, lies under."""
    parts = path.split("/")
    return next((part for part in parts[:-1] if part.startswith("wf_")), None)


def meta_of(entry: Mapping[str, Any]) -> AgentMeta | None:
    """Returns what a meta file's entry says; None for other entries."""
    if entry.get("type") != "agent-meta":
        return None
    content = mapping(entry.get("content"))
    names = ("agentType", "description", "toolUseId", "parentAgentId", "name", "taskKind",
             "workflowPhase")  # fmt: skip
    said = (string(content.get(name)) or "" for name in names)
    return AgentMeta(string(entry.get("agentId")) or "", *said)
