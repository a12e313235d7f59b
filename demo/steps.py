"""What happens within a turn: look around, change something, test it, and odder things."""

from collections.abc import Callable

from cca.demo import file_tools, prompts, tools
from cca.demo.languages import LANGUAGES
from cca.demo.phrases import announce, compaction_summary, say
from cca.demo.reply import Call, Reply, answer
from cca.demo.scene import Scene, file_lines
from cca.demo.shell import git_log, git_status
from cca.demo.transcript import SYSTEM_CACHED, Transcript

Step = Callable[[Transcript, Scene], None]
_ANCHOR_MIN = 24


def speak(transcript: Transcript, scene: Scene, kind: str | None, *calls: Call) -> None:
    """One message: perhaps a thought, a sentence of a kind, the calls."""
    thinking = None
    if scene.chance(0.4):
        # Claude Code mostly keeps the signature only.
        thinking = say(scene, "thinking") if scene.chance(0.4) else ""
    text = None
    if kind is not None:
        text = announce(scene, calls[0]) if kind == "announce" else say(scene, kind)
    answer(transcript, Reply(text=text, thinking=thinking, calls=calls))


def lines_of(scene: Scene, path: str) -> list[str]:
    if path not in scene.files:
        code = scene.story.before if path == scene.story.path else ""
        scene.files[path] = file_lines(scene, code, scene.rng.randint(5, 22))
    return scene.files[path]


def look_around(transcript: Transcript, scene: Scene) -> None:
    path = scene.story.path
    if not scene.files:
        speak(transcript, scene, "announce", file_tools.glob(scene))
        speak(transcript, scene, "announce", file_tools.read(scene, path, lines_of(scene, path)))
    for _ in range(scene.rng.randint(2, 5)):
        calls = tuple(_look(scene) for _ in range(scene.rng.choice((1, 1, 2, 3))))
        speak(transcript, scene, scene.rng.choice(("announce", None)), *calls)


def _look(scene: Scene) -> Call:
    """A search, or a file that was not read before."""
    path = scene.any_path()
    if path in scene.files and scene.chance(0.8):
        return file_tools.grep(scene)
    return file_tools.read(scene, path, lines_of(scene, path))


def change_story(transcript: Transcript, scene: Scene) -> None:
    """The story's own edit and its test, red first."""
    story = scene.story
    if story.before in "\n".join(lines_of(scene, story.path)):
        _edit(transcript, scene, story.path, (story.before, story.after), "finding")
    speak(transcript, scene, "testing", file_tools.write(scene, story.test_path, story.test_code))
    scene.files[story.test_path] = story.test_code.split("\n")
    speak(transcript, scene, None, tools.run_tests(scene, is_passing=False))
    tweak(transcript, scene)
    speak(transcript, scene, "announce", tools.run_tests(scene, is_passing=True))


def tweak(transcript: Transcript, scene: Scene) -> None:
    """A small edit somewhere: a guard after a function's first line."""
    path = scene.any_path()
    lines = lines_of(scene, path)
    at = scene.rng.randrange(len(lines))
    # Long enough to stand in the file once.
    anchor = next((line for line in lines[at:] + lines if len(line) > _ANCHOR_MIN), lines[0])
    guard = scene.rng.choice(LANGUAGES[scene.project.language].guards)
    if scene.chance(0.25):
        content = "\n".join(lines).replace(anchor, guard, 1)
        speak(
            transcript, scene, "announce", file_tools.write(scene, path, content, "\n".join(lines))
        )
        scene.files[path] = content.split("\n")
        return
    _edit(transcript, scene, path, (anchor, f"{anchor}\n{guard}"))


def _edit(
    transcript: Transcript, scene: Scene, path: str, change: tuple[str, str], kind: str = "announce"
) -> None:
    lines = lines_of(scene, path)
    speak(transcript, scene, kind, file_tools.edit(scene, path, lines, change))
    scene.files[path] = "\n".join(lines).replace(*change, 1).split("\n")


def check(transcript: Transcript, scene: Scene) -> None:
    lint = LANGUAGES[scene.project.language].lint
    speak(
        transcript,
        scene,
        None,
        tools.bash(scene, lint, "All checks passed!"),
        tools.run_tests(scene, is_passing=True),
    )


def look_at_git(transcript: Transcript, scene: Scene) -> None:
    status = tools.bash(scene, "git status", git_status(scene.project, list(scene.files)[:4]))
    speak(
        transcript,
        scene,
        None,
        status,
        tools.bash(scene, "git log --oneline -6", git_log(scene.rng, scene.project)),
    )


def read_logs(transcript: Transcript, scene: Scene) -> None:
    speak(
        transcript,
        scene,
        "announce",
        tools.logs(scene, transcript.at, scene.rng.randint(3_000, 14_000)),
    )


def long_output(transcript: Transcript, scene: Scene) -> None:
    speak(
        transcript,
        scene,
        "announce",
        tools.logs(scene, transcript.at, scene.rng.randint(102_000, 130_000)),
    )


def huge_output(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, "announce", tools.logs(scene, transcript.at, 1_050_000))


def failing_calls(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, None, file_tools.read_missing(scene))
    speak(transcript, scene, "announce", file_tools.edit_not_found(scene))
    path = f"/srv/{scene.project.nouns[0]}s"
    missing = f"ls: cannot access '{path}': No such file or directory"
    speak(transcript, scene, None, tools.bash(scene, f"ls {path}", missing, exit_code=2))


def rejection(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, "announce", file_tools.rejected_edit(scene))
    prompts.interruption(transcript, for_tool_use=True)
    prompts.prompt(transcript, scene.story.follow_ups[0])


def interruption(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, "announce", file_tools.grep(scene))
    prompts.interruption(transcript)
    transcript.wait(10, 90)
    prompts.prompt(transcript, scene.story.follow_ups[-1])


def search_the_web(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, "announce", tools.web_search(scene), tools.web_search(scene))
    speak(transcript, scene, "announce", tools.web_search(scene))


def search_by_the_api(transcript: Transcript, scene: Scene) -> None:
    text = say(scene, "answers")
    answer(transcript, Reply(text=text, server_searches=1))


def plan_todos(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, None, tools.todos(scene, done=0))
    read_logs(transcript, scene)
    speak(transcript, scene, None, tools.todos(scene, done=2))


def use_mcp(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, "announce", tools.mcp(scene))
    speak(transcript, scene, None, tools.screenshot(scene))


def reconnect_mcp(transcript: Transcript, scene: Scene) -> None:
    """A server that comes back with other tools: they stand before everything in the cache."""
    server = scene.project.mcp_tool.split("__")[1]
    prompts.local_command(transcript, "mcp", f"Reconnected to {server}.")
    transcript.break_cache("tools or system prompt changed")
    speak(transcript, scene, "announce", tools.mcp(scene))


def use_skill(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, None, tools.skill(scene))


def use_plugin(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, None, tools.skill(scene, "docs-kit:changelog"))
    look_around(transcript, scene)


def error_of_the_api(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, None, file_tools.grep(scene))
    prompts.api_error(
        transcript, "API Error: 529 Overloaded. This is a server-side issue, usually temporary."
    )
    transcript.wait(20, 90)
    # The servers kept the system prompt only; nothing in the transcript says why.
    transcript.break_cache("unexplained", kept=SYSTEM_CACHED)
    prompts.prompt(transcript, "continue" if scene.project.locale == "en" else "weiter")


def prompt_while_busy(transcript: Transcript, scene: Scene) -> None:
    speak(transcript, scene, "announce", file_tools.grep(scene))
    prompts.queued_prompt(transcript, scene.story.follow_ups[1])
    speak(transcript, scene, "answers", file_tools.grep(scene))


def plan_first(transcript: Transcript, scene: Scene) -> None:
    transcript.note("permission-mode", permissionMode="plan")
    prompts.attach(transcript, "plan_mode", reminderType="full")
    speak(transcript, scene, None, tools.question(scene))
    story = scene.story
    plan = f"# {story.title}\n\n1. {story.finding}\n2. `{story.path}`\n3. `{story.test_path}`"
    text = "User has approved your plan. You can now start coding."
    speak(
        transcript,
        scene,
        None,
        Call(scene.new_id(), "ExitPlanMode", {"plan": plan}, text, {"plan": plan}, seconds=22),
    )
    transcript.note("permission-mode", permissionMode="acceptEdits")


def slash_commands(transcript: Transcript, scene: Scene) -> None:
    prompts.local_command(transcript, "cost", "Total cost: $0.42")
    prompts.slash_prompt(transcript, "review", scene.project.branches[-1])
    speak(transcript, scene, "answers", file_tools.grep(scene))


def switch_model(transcript: Transcript, scene: Scene) -> None:
    model = "claude-sonnet-5-5" if transcript.model != "claude-sonnet-5-5" else "claude-opus-5-5"
    prompts.local_command(transcript, "model", f"Set model to {model}", model)
    transcript.model = model
    # Each model has a cache of its own.
    transcript.break_cache("model switch")
    prompts.prompt(transcript, scene.story.follow_ups[0], source="queued")


def hook_notes(transcript: Transcript, scene: Scene) -> None:
    prompts.attach(
        transcript, "hook_success", hookName="PostToolUse:Edit", hookEvent="PostToolUse",
        command="make fmt",
        stdout=f"{len(scene.files)} files unchanged", stderr="", exitCode=0, durationMs=310,
    )  # fmt: skip
    transcript.record(
        "system",
        {
            "subtype": "stop_hook_summary",
            "hookCount": 1,
            "hookInfos": [{"command": "make fmt", "durationMs": 310}],
            "hookErrors": [],
            "preventedContinuation": False,
            "stopReason": "",
            "hasOutput": False,
            "level": "suggestion",
        },
    )


def summary_text(scene: Scene) -> str:
    return compaction_summary(scene.project, scene.story)
