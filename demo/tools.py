"""All other calls: Bash, WebSearch, TodoWrite, AskUserQuestion, MCP tools, Skill."""

from dataclasses import replace
from datetime import datetime

from cca.demo.ids import new_uuid
from cca.demo.phrases import question_of
from cca.demo.reply import Call
from cca.demo.scene import Scene
from cca.demo.shell import run_of_tests, service_log

_DESCRIPTIONS = {
    "docker": "Show the service's log of the last day",
    "git": "Look at the state of the branch",
    "ls": "List the folder",
}
# A picture of 64 by 16 pixels: twelve bars.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAAAQAQMAAACcKetqAAAABlBMVEX39OwuXox+CExIAAAAM0lEQVR42mNgwAEY"
    "H0DoDzDG90Ywg/kAjHEPwuBHZuwFMhjfwxnVYAZ7I4yxF8r4jpMBAJuJOiFunWOSAAAAAElFTkSuQmCC"
)


def bash(scene: Scene, command: str, output: str, *, exit_code: int = 0) -> Call:
    words = command.split(" ")
    description = _DESCRIPTIONS.get(words[0]) or f"Run {' '.join(words[:3])}"
    words = command.split(" ")
    description = _DESCRIPTIONS.get(words[0]) or f"Run {' '.join(words[:3])}"
    arguments = {"command": command, "description": description}
    seconds = scene.rng.uniform(0.2, 25)
    if exit_code:
        text = f"Exit code {exit_code}\n{output}"
        return Call(
            scene.new_id(),
            "Bash",
            arguments,
            text,
            f"Error: {text}",
            is_error=True,
            seconds=seconds,
        )
    detail = {
        "stdout": output,
        "stderr": "",
        "interrupted": False,
        "isImage": False,
        "noOutputExpected": not output,
    }
    return Call(scene.new_id(), "Bash", arguments, output, detail, is_error=False, seconds=seconds)


def run_tests(scene: Scene, *, is_passing: bool) -> Call:
    output = run_of_tests(scene.rng, scene.project, is_passing=is_passing)
    return bash(scene, scene.project.test_command, output, exit_code=0 if is_passing else 1)


def logs(scene: Scene, until: datetime, size_bytes: int) -> Call:
    output = service_log(scene.rng, scene.project, until, size_bytes)
    return bash(scene, f"docker compose logs --since 24h {scene.project.nouns[0]}", output)


def web_search(scene: Scene) -> Call:
    query = scene.rng.choice(scene.project.search_queries)
    searches = scene.rng.randint(1, 3)
    links = [
        {"title": f"{query} - documentation", "url": f"https://docs.example.org/{n}"}
        for n in range(4)
    ]
    text = f'Web search results for query: "{query}"\n\n' + "\n".join(
        f"- [{link['title']}]({link['url']})" for link in links
    )
    detail = {"query": query, "results": links, "durationSeconds": 3.4, "searchCount": searches}
    return Call(
        scene.new_id(),
        "WebSearch",
        {"query": query},
        text,
        detail,
        seconds=3.4,
        web_searches=searches,
    )


def todos(scene: Scene, done: int) -> Call:
    steps = (
        scene.story.title,
        f"Edit {scene.story.path}",
        f"Cover it in {scene.story.test_path}",
        "Run the whole suite",
    )
    states = ["completed"] * done + ["in_progress"] + ["pending"] * len(steps)
    items = [
        {"content": step, "status": state, "activeForm": step}
        for step, state in zip(steps, states, strict=False)
    ]
    detail = {"oldTodos": items if done else [], "newTodos": items}
    text = (
        "Todos have been modified successfully. Ensure that you continue to use the todo list to "
        "track your progress."
    )
    return Call(scene.new_id(), "TodoWrite", {"todos": items}, text, detail, seconds=0.02)


def question(scene: Scene) -> Call:
    """A question to the person, who chooses one of the options."""
    asked = question_of(scene)
    answer = scene.rng.choice(asked["options"])["label"]
    text = (
        f'User has answered your questions: "{asked["question"]}"="{answer}". You can now '
        "continue with the user's answers in mind."
    )
    detail = {"questions": [asked], "answers": {asked["question"]: answer}}
    return Call(scene.new_id(), "AskUserQuestion", {"questions": [asked]}, text, detail, seconds=14)


def mcp(scene: Scene) -> Call:
    rows = [
        {noun: scene.rng.randrange(10**4) for noun in scene.project.nouns[:4]} for _ in range(12)
    ]
    text = [{"type": "text", "text": str(rows)}]
    return Call(
        scene.new_id(),
        scene.project.mcp_tool,
        {"query": f"{scene.project.nouns[0]} {scene.project.nouns[1]}", "limit": 12},
        text,
        text,
        seconds=1.2,
    )


def screenshot(scene: Scene) -> Call:
    """An MCP tool that answers with a picture."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    return Call(
        scene.new_id(),
        "mcp__playwright__browser_take_screenshot",
        {"fullPage": True},
        [image],
        [image],
        seconds=1.6,
    )


def skill(scene: Scene, name: str = "release-notes") -> Call:
    """Loads a skill; one of a plugin has the plugin's name before a colon."""
    folder = name.rpartition(":")[2]
    body = (
        f"Base directory for this skill: {scene.project.cwd}/.claude/skills/{folder}\n\n"
        "# Release notes\n\nWrite for people who use the product. One line per change, the most "
        "useful first."
    )
    detail = {"success": True, "commandName": name}
    return Call(
        scene.new_id(), "Skill", {"skill": name, "args": new_uuid(scene.rng)[:8]},
        f"Launching skill: {name}",
        detail, seconds=0.05, meta_text=body,
    )  # fmt: skip


def spilled(call: Call, text: str, path: str, size_bytes: int) -> Call:
    """A call whose output was saved to a file."""
    detail = {**call.detail, "persistedOutputPath": path, "persistedOutputSize": size_bytes}
    return replace(call, content=text, detail=detail)
