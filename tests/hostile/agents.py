"""Subagents: each is reached from what started it, by whatever tells that."""

import json
from typing import Any

from tests.hostile.case import Case, Session


def _call(name: str, prompt: str, tool: str = "Agent") -> dict[str, Any]:
    return {"type": "tool_use", "id": name, "name": tool, "input": {"prompt": prompt}}


def agents() -> Case:
    """Nested ones, two of one prompt, a teammate, a workflow's, a compaction, one without meta."""
    case = Case("agents", {"prompts": 1, "sessions": 1, "subagents": 8, "search": {}})
    session = case.session()
    session.asks("Ask everybody")
    calls = [_call("t1", "Map the fens"), _call("t3", "Count"), _call("t4", "Count"),
             _call("t5", "Say it"), _call("t7", "Run it", "Workflow")]  # fmt: skip
    session.claude(calls)
    for name, told in (("t5", {"agentId": "a5"}), ("t7", {"runId": "wf_0a1b2c3d-4e5"})):
        result = {"type": "tool_result", "tool_use_id": name, "content": "started"}
        session.user([result], toolUseResult=told)
    folder = f"{case.slug}/{session.id}/subagents"

    def agent(own_name: str, prompt: str, where: str = "", **meta: Any) -> None:
        own = Session(f"agents {own_name}", case.cwd)
        calls = [_call("t2", "Go deeper")] if own_name == "a1" else []
        own.user(prompt)
        own.claude([{"type": "text", "text": f"sanderling {own_name}"}, *calls],
                   input_tokens=1000, output_tokens=1000)  # fmt: skip
        for line in own.lines:
            assert isinstance(line, dict)
            line.update(isSidechain=True, agentId=own_name, sessionId=session.id)
        case.keep(own, f"{folder}/{where}agent-{own_name}.jsonl")
        if meta:
            case.files[f"{folder}/{where}agent-{own_name}.meta.json"] = json.dumps(meta).encode()
        case.expected["search"][f'"sanderling {own_name}"'] = 1

    agent("a1", "Map the fens", agentType="Explore", toolUseId="t1", description="map \x1b[31mit")
    agent("a2", "Go deeper", agentType="Plan", toolUseId="t2", parentAgentId="a1", spawnDepth=2)
    agent("a3", "Count", toolUseId="t3")
    agent("a4", "Count", toolUseId="t4")
    agent("a5", "Say it")
    agent("a6", '<teammate-message teammate_id="lead">Watch</teammate-message>',
          taskKind="in_process_teammate", name="watcher")  # fmt: skip
    agent("a7", "Step one", "workflows/wf_0a1b2c3d-4e5/", agentType="step", workflowPhase="one")
    agent("acompact-8", "Summarise")
    case.files[f"{folder}/workflows/wf_0a1b2c3d-4e5/journal.jsonl"] = b'{"type":"started"}\n'
    # Eight responses of 0.024.
    case.expected.update(api_messages=9, cost_usd=0.192, titles={
        "a1": "map it", "a2": "Go deeper", "a3": "Count", "a4": "Count", "a5": "Say it",
        "a7": "Step one", "acompact-8": "Compaction",
    }, opened={"t1": ["a1"], "t3": ["a3"], "t4": ["a4"], "t5": ["a5"], "t7": ["a7"]})  # fmt: skip
    return case.keep(session)


CASES = (agents,)
