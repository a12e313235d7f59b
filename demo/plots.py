"""Whole sessions: kinds in a fixed round, so that as many sessions as kinds show every shape."""

import copy
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from cca.demo import agents, file_tools, prompts, pull_requests, steps, tools, wasteful
from cca.demo.agents import Agent
from cca.demo.ids import new_uuid
from cca.demo.legacy import play_legacy
from cca.demo.phrases import say, summary_of_work
from cca.demo.reply import Reply, answer
from cca.demo.scene import Scene
from cca.demo.shell import service_log
from cca.demo.stage import Play, Stage, open_play
from cca.demo.steps import Step
from cca.demo.transcript import SYSTEM_CACHED, Entry, Transcript

KINDS = (
    "plain", "web", "fork", "interrupted", "resume", "mcp", "titles", "compacted", "agents",
    "legacy", "background",
    "huge", "errors", "next_day", "legacy_named", "plan", "branch", "killed", "agents", "hooks",
    "given_up", "small", "looping",
)  # fmt: skip
# Kinds that begin on the main branch; the others on any.
_ON_MAIN = ("plain", "agents", "killed")
# Kinds that copy the history of the session before them.
_COPIES = ("fork", "resume", "branch")
_UPDATED = "2.1.289"
_USUAL: tuple[Step, ...] = (
    steps.look_around, steps.tweak, steps.check, steps.read_logs, steps.look_at_git, steps.tweak,
    steps.failing_calls,
)  # fmt: skip
_SPECIALS: dict[str, tuple[Step, ...]] = {
    "web": (steps.search_the_web, steps.plan_todos, steps.search_by_the_api),
    "interrupted": (steps.interruption, steps.failing_calls, steps.rejection),
    "titles": (steps.slash_commands, steps.switch_model, steps.long_output),
    "huge": (steps.huge_output, steps.long_output, steps.plan_todos),
    "mcp": (steps.use_mcp, steps.use_skill, steps.use_mcp, steps.reconnect_mcp),
    "plain": (pull_requests.start_branch, steps.use_plugin, pull_requests.open_pull_request),
    "agents": (pull_requests.start_branch, steps.look_at_git, pull_requests.open_unlinked),
    "killed": (pull_requests.open_pull_request,),
    "errors": (steps.error_of_the_api, steps.failing_calls),
    "next_day": (steps.plan_todos, steps.read_logs),
    "plan": (steps.plan_first, steps.prompt_while_busy, steps.search_the_web),
    "hooks": (steps.hook_notes, steps.long_output, steps.hook_notes),
}


def play(stage: Stage, index: int) -> None:
    """Play one session; its files are left on the stage."""
    kind = KINDS[index % len(KINDS)]
    stage.files = {}
    session = open_play(stage, index, kind, is_copy=kind in _COPIES)
    if kind.startswith("legacy"):
        play_legacy(stage, session)
    else:
        _play_session(stage, session)
    stage.before = session


def _play_session(stage: Stage, session: Play) -> None:
    transcript, story = session.transcript, session.scene.story
    stage.ledger.open_session(transcript.home.project_id, transcript.home.session_id)
    stage.files[transcript.home.path] = transcript.entries
    if session.kind in _COPIES:
        _copy_history(stage, session)
        _turn(session, story.follow_ups[2], [steps.look_around, steps.tweak, steps.check])
        transcript.title("ai-title", f"{session.title} ({session.kind})")
    else:
        transcript.note("mode", mode="normal")
        prompts.attach(
            transcript,
            "environment",
            snapshot={"platform": "linux", "shell": "bash", "isGitRepo": True},
        )
        _WORK.get(session.kind, partial(_work, stage))(session)
    if session.kind == "killed":
        _die(session)
        return
    prompts.cost_state(transcript, round(transcript.at.timestamp() * 1000) - 900_000)
    if session.kind == "next_day":
        _go_on_next_day(session)


def _work(stage: Stage, session: Play) -> None:
    """The story, then its follow-ups, with the special steps of the kind between."""
    transcript, story = session.transcript, session.scene.story
    if session.kind in _ON_MAIN:
        transcript.switch_branch("main")
    staged: list[Step] = [partial(step, stage) for step in _STAGED.get(session.kind, ())]
    specials: list[Step] = [*_SPECIALS.get(session.kind, ()), *staged]
    _turn(session, story.prompt, [steps.look_around, *specials[:2], steps.change_story])
    transcript.title("ai-title", session.title)
    for number, follow_up in enumerate(story.follow_ups):
        transcript.wait(20, 600)
        usual = session.scene.rng.choices(_USUAL, k=session.scene.rng.randint(3, 7))
        is_hard = session.kind == "plan" and number == 1
        transcript.causes.turn_effort = "max" if is_hard else None
        _turn(session, follow_up, [*specials[2 + number : 3 + number], *usual])
        if session.kind == "titles":
            _retitle(session, number)


def _turn(session: Play, text: str, parts: Sequence[Step]) -> None:
    transcript, scene = session.transcript, session.scene
    started = transcript.at
    transcript.snapshot(sorted(scene.files)[:3])
    prompts.prompt(
        transcript,
        text,
        source=None if session.kind == "resume" else "typed",
        has_image=session.kind == "mcp",
    )
    for part in parts:
        part(transcript, scene)
    is_first = text == scene.story.prompt
    answer(
        transcript,
        Reply(text=summary_of_work(scene) if is_first else say(scene, "answers"), thinking=""),
    )
    prompts.turn_end(transcript, text, round((transcript.at - started).total_seconds() * 1000))


def _retitle(session: Play, number: int) -> None:
    """Titles change and change back: the model's own, then the person's."""
    story, transcript = session.scene.story, session.transcript
    if number == 0:
        transcript.title("ai-title", story.later_title)
        transcript.title("ai-title", story.title)
        return
    for name in (f"⭐ {session.title}", f"{session.title} (old)", f"⭐ {session.title}")[
        : 3 if number == 1 else 1
    ]:
        prompts.local_command(transcript, "rename", f"Session renamed to: {name}", name)
        transcript.title("custom-title", name)


def _copy_history(stage: Stage, session: Play) -> None:
    """History of the session before, up to the end of one of its turns, under a new session id."""
    if stage.before is None:
        return
    source, transcript = stage.before.transcript, session.transcript
    ends = [n for n, entry in enumerate(source.entries) if entry.get("subtype") == "turn_duration"]
    history = source.entries[: ends[len(ends) // 2] + 1]
    transcript.prompt_id = new_uuid(transcript.rng)
    if session.kind == "resume":
        # Older versions resumed into a new file that opens with the old one's summary.
        line = {"type": "summary", "summary": stage.before.title, "leafUuid": source.parent}
        transcript.note(line.pop("type") or "", **line)
        transcript.entries[-1].pop("sessionId")
    if session.kind == "branch":
        for entry in history:
            origin = {"sessionId": source.home.session_id, "messageUuid": entry.get("uuid")}
            transcript.copy([entry], {"forkedFrom": origin})
    else:
        transcript.copy(history, {})
    transcript.switch_branch(source.envelope["gitBranch"])
    transcript.model, transcript.pending = source.model, 400
    _inherit_cache(session, history, source.entries[len(history) :])
    transcript.spent = copy.deepcopy(source.spent)
    session.scene.files.update(stage.before.scene.files)


def _inherit_cache(session: Play, history: list[Entry], later: list[Entry]) -> None:
    """What the copied history left in the cache; a branch begins beside the other session."""
    transcript = session.transcript
    last = next(entry for entry in reversed(history) if entry["type"] == "assistant")
    usage, at = last["message"]["usage"], datetime.fromisoformat(last["timestamp"])
    transcript.context = usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]
    if session.kind == "branch":
        goes_on = next(entry["timestamp"] for entry in later if "uuid" in entry)
        transcript.at = datetime.fromisoformat(goes_on) + timedelta(minutes=4)
        transcript.break_cache("fork", kept=SYSTEM_CACHED)
    elif transcript.at - at > timedelta(hours=1):
        transcript.break_cache("time to live lapsed")


def _go_on_next_day(session: Play) -> None:
    """The same file a day later: the caches are cold, so the whole context is written again."""
    transcript = session.transcript
    transcript.at += timedelta(hours=13)
    transcript.break_cache("time to live lapsed")
    # Claude Code updates itself over night.
    transcript.envelope = {**transcript.envelope, "version": _UPDATED}
    _turn(session, session.scene.story.follow_ups[1], [steps.look_around, steps.tweak, steps.check])
    prompts.cost_state(transcript, round(transcript.at.timestamp() * 1000) - 600_000)


def _die(session: Play) -> None:
    """Killed while a tool was running: a call without a result, no account."""
    call = tools.run_tests(session.scene, is_passing=True)
    prompts.prompt(session.transcript, session.scene.story.follow_ups[0])
    answer(session.transcript, Reply(calls=(call,), is_killed=True))


def _keep(stage: Stage, *ran: Agent) -> None:
    for agent in ran:
        path = agent.transcript.home.path
        stage.files[path] = agent.transcript.entries
        stage.add_side_file(
            path.removesuffix(".jsonl") + ".meta.json", json.dumps(agent.meta, indent=1)
        )


def _agents(stage: Stage, transcript: Transcript, scene: Scene) -> None:
    first = agents.run_agent(transcript, scene)
    inner = agents.nested_agent(first, scene)
    second = agents.run_agent(transcript, scene)
    agents.launch(transcript, scene, [agents.with_progress(transcript, first), second])
    _keep(stage, first, inner, second)


def _background_agent(stage: Stage, transcript: Transcript, scene: Scene) -> None:
    agent = agents.run_agent(transcript, scene, is_background=True)
    agents.launch(transcript, scene, [agent])
    agents.notify(transcript, agent)
    steps.speak(transcript, scene, "answers", file_tools.grep(scene))
    _keep(stage, agent)


def _compaction(stage: Stage, transcript: Transcript, scene: Scene) -> None:
    for _ in range(3):
        steps.look_around(transcript, scene)
        steps.read_logs(transcript, scene)
    path, entries = prompts.compaction(transcript, steps.summary_text(scene))
    stage.files[path] = entries
    steps.look_around(transcript, scene)


def _spilled_output(stage: Stage, transcript: Transcript, scene: Scene) -> None:
    """An output too large for the transcript lies in a file of its own."""
    output = service_log(scene.rng, scene.project, transcript.at, 120_000)
    home = transcript.home
    call = tools.logs(scene, transcript.at, 100)
    path = f"{home.project_id}/{home.session_id}/tool-results/{call.id}.txt"
    text = (
        "<persisted-output>\nOutput too large (117KB). Full output saved to: "
        f"/home/mara/.claude/projects/{path}\n\nPreview (first 2KB):\n{output[:2000]}\n"
        "</persisted-output>"
    )
    steps.speak(transcript, scene, "announce", tools.spilled(call, text, path, len(output)))
    stage.add_side_file(path, output)


_STAGED: dict[str, tuple[Callable[[Stage, Transcript, Scene], None], ...]] = {
    "agents": (_agents, _background_agent),
    "background": (_background_agent, _agents, _background_agent),
    "compacted": (_compaction, _agents, _compaction),
    "hooks": (_spilled_output,),
    "looping": (wasteful.loop,),
}
# Kinds that are no usual work.
_WORK: dict[str, Callable[[Play], None]] = {
    "given_up": wasteful.play_given_up, "small": wasteful.play_small,
}  # fmt: skip
