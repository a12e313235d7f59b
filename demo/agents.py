"""Subagents: their own files, their meta files, and what the parent sees of them."""

from dataclasses import dataclass, replace
from datetime import timedelta

from cca.demo import file_tools, prompts
from cca.demo.clock import iso
from cca.demo.ids import agent_id, new_uuid, token
from cca.demo.phrases import say
from cca.demo.prices import Usage
from cca.demo.reply import Call, Reply, answer, partial_usage
from cca.demo.scene import Scene
from cca.demo.steps import look_around, read_logs, speak
from cca.demo.transcript import Entry, Transcript

_MODELS = {
    "haiku": "claude-haiku-4-5-20251001",
    "haiku-5": "claude-haiku-5-5",
    "sonnet": "claude-sonnet-5-5",
}


# Of an answer, what a progress row repeats.
_IN_PROGRESS = ("agentId", "type", "message", "requestId", "uuid", "timestamp")


@dataclass(frozen=True)
class Agent:
    """A subagent that ran: its transcript, the text of its meta file, the call that started it."""

    transcript: Transcript
    meta: Entry
    call: Call


def run_agent(
    parent: Transcript, scene: Scene, *, is_background: bool = False, depth: int = 1
) -> Agent:
    """Play a subagent; the parent still has to send the call."""
    alias, noun = scene.rng.choice(list(_MODELS)), scene.rng.choice(scene.project.nouns)
    child = prompts.child_of(parent, agent_id(scene.rng))
    child.model, child.causes.agent = _MODELS[alias], "Explore"
    child.at += timedelta(seconds=25)
    started = child.at
    task = (
        f"Find every place that handles `{noun}` in {scene.project.name} and report file and "
        "line. Do not change anything."
    )
    report = _search(child, scene, task, is_slow=is_background)
    seconds = (child.at - started).total_seconds()
    title = f"Find uses of {noun}"
    arguments = {"description": title, "prompt": task, "subagent_type": "Explore", "model": alias}
    call = Call(
        id=scene.new_id(),
        name=scene.rng.choice(("Agent", "Agent", "Task")),
        arguments=arguments,
        content=[{"type": "text", "text": report}],
        detail=_finished(child, seconds),
        seconds=seconds + 26,
    )
    meta: Entry = {
        "agentType": "Explore", "description": title, "toolUseId": call.id,
        "spawnDepth": depth, "model": alias,
    }  # fmt: skip
    if is_background:
        meta |= {"requestShape": "background", "requestNonInteractive": True}
        call = _in_background(call, child)
    return Agent(child, meta, call)


def _search(child: Transcript, scene: Scene, task: str, *, is_slow: bool) -> str:
    """What the subagent does, and its report; a slow one waits longer than its cache lives."""
    message = {"role": "user", "content": task}
    child.record("user", {"promptId": child.prompt_id, "message": message})
    for _ in range(scene.rng.randint(1, 3)):
        look_around(child, scene)
    if scene.chance(0.5):
        read_logs(child, scene)
    if is_slow:
        child.wait(400, 900)
        child.break_cache("time to live lapsed")
    report = say(scene, "answers")
    if scene.chance(0.4):
        path = f"notes/{scene.rng.choice(scene.project.nouns)}.md"
        note = f"# {scene.story.title}\n\n{report}"
        speak(child, scene, None, file_tools.write(scene, path, note))
    answer(child, Reply(text=report))
    return report


def _finished(child: Transcript, seconds: float) -> Entry:
    calls = sum(entry["type"] == "user" for entry in child.entries) - 1
    return {
        "status": "completed", "agentId": child.agent_id, "totalTokens": child.context,
        "totalToolUseCount": calls, "totalDurationMs": round(seconds * 1000),
    }  # fmt: skip


def _in_background(call: Call, child: Transcript) -> Call:
    """The call as it looks when its result is only that the agent was started."""
    text = f"Async agent launched successfully.\nagentId: {child.agent_id}"
    detail = {
        "isAsync": True, "status": "async_launched", "agentId": child.agent_id,
        "description": call.arguments["description"], "resolvedModel": child.model,
        "prompt": call.arguments["prompt"],
    }  # fmt: skip
    return replace(call, content=[{"type": "text", "text": text}], detail=detail, seconds=0.1)


def nested_agent(child: Agent, scene: Scene) -> Agent:
    """A subagent of a subagent; its file lies flat beside the other."""
    inner = run_agent(child.transcript, scene, depth=2)
    speak(child.transcript, scene, None, inner.call)
    return replace(inner, meta={**inner.meta, "parentAgentId": child.transcript.agent_id})


def launch(parent: Transcript, scene: Scene, agents: list[Agent]) -> None:
    """The parent's message with the calls, in parallel where there are several."""
    speak(parent, scene, "announce", *(agent.call for agent in agents))


def notify(parent: Transcript, agent: Agent) -> None:
    """What the parent gets when a background agent is done."""
    parent.at = max(parent.at, agent.transcript.at + timedelta(seconds=2))
    text = (
        f"<task-notification>\n<task-id>{agent.transcript.agent_id}</task-id>\n<tool-use-id>{agent.call.id}</tool-use-id>\n"
        f"<status>completed</status>\n<summary>Agent completed</summary>\n"
        f"<usage><total_tokens>{agent.transcript.context}</total_tokens><tool_uses>6</tool_uses></usage>\n</task-notification>"
    )
    prompts.queue(parent, text)
    parent.record(
        "user",
        {"promptId": parent.prompt_id, "message": {"role": "user", "content": text}},
        {
            "promptSource": "system",
            "turnOrigin": "task_notification",
            "origin": {"kind": "task-notification"},
        },
    )
    parent.pending += len(text) // 4


def progress_of(parent: Transcript, agent: Agent) -> tuple[Entry, ...]:
    """agent_progress rows: a copy of an answer in the agent's file, and one found only here."""
    rows = [entry for entry in agent.transcript.entries if entry["type"] == "assistant"]
    copied = {key: rows[0][key] for key in _IN_PROGRESS}
    only_here = _answer_seen_in_progress(parent, agent)
    return tuple(
        {
            "type": "agent_progress",
            "prompt": agent.call.arguments["prompt"],
            "agentId": agent.transcript.agent_id,
            "message": message,
        }
        for message in (copied, only_here)
    )


def _answer_seen_in_progress(parent: Transcript, agent: Agent) -> Entry:
    child, rng = agent.transcript, parent.rng
    usage = Usage(input=4, output=180, cache_write_5m=640, cache_read=child.context)
    child.spend(usage, child.at)
    message = {
        "model": child.model, "id": token(rng, "msg_"), "type": "message", "role": "assistant",
        "content": [{"type": "text", "text": "Checking two more callers before I report."}],
        "stop_reason": None, "usage": partial_usage(usage, usage.output),
    }  # fmt: skip
    return {
        "agentId": child.agent_id, "type": "assistant", "message": message,
        "requestId": token(rng, "req_"), "uuid": new_uuid(rng), "timestamp": iso(child.at),
        **child.causes.fields(child.model),
    }  # fmt: skip


def with_progress(parent: Transcript, agent: Agent) -> Agent:
    return replace(agent, call=replace(agent.call, progress=progress_of(parent, agent)))
