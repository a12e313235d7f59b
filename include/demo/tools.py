"""Tool calls with believable inputs and results, as Claude Code records them."""

import difflib
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from include.demo.ids import new_uuid, token
from include.demo.languages import LANGUAGES, source
from include.demo.reply import Call
from include.demo.shell import service_log, test_run
from include.demo.stories.model import Project, Story

REJECTION = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a "
    "file edit, the new_string was NOT written to the file). STOP what you are doing and wait for the "
    "user to tell you how to proceed."
)
_CONTEXT_LINES = 3
# A 2 x 2 pixel PNG.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg=="


@dataclass(frozen=True)
class Scene:
    """What a session is about and the dice it is played with."""

    rng: Random
    project: Project
    story: Story
    # Paths to lines, as the session has left them so far.
    files: dict[str, list[str]] = field(default_factory=dict)

    def absolute(self, path: str) -> str:
        return f"{self.project.cwd}/{path}"

    def any_path(self) -> str:
        return self.rng.choice((*self.project.files, self.story.path))

    def new_id(self) -> str:
        return token(self.rng, "toolu_")


def file_lines(scene: Scene, story_code: str, size: int) -> list[str]:
    """A file with the story's code in the middle of generated source."""
    language = LANGUAGES[scene.project.language]
    before = source(scene.rng, language, scene.project.nouns, size // 2)
    after = source(scene.rng, language, scene.project.nouns, size - size // 2)[len(language.head.split("\n")) :]
    return [*before, "", *story_code.split("\n"), "", *after]


def read(scene: Scene, path: str, lines: list[str]) -> Call:
    numbered = "\n".join(f"{number:6d}→{line}" for number, line in enumerate(lines, 1))
    file = {
        "filePath": scene.absolute(path), "content": "\n".join(lines), "numLines": len(lines),
        "startLine": 1, "totalLines": len(lines),
    }  # fmt: skip
    return Call(
        scene.new_id(), "Read", {"file_path": scene.absolute(path)}, numbered,
        {"type": "text", "file": file}, seconds=0.05,
    )  # fmt: skip


def read_missing(scene: Scene) -> Call:
    path = scene.absolute(f"{scene.project.files[0]}.old")
    text = "<tool_use_error>File does not exist. Did you mean one of its neighbours?</tool_use_error>"
    return Call(scene.new_id(), "Read", {"file_path": path}, text, "Error: File does not exist.", is_error=True)


def grep(scene: Scene) -> Call:
    noun = scene.rng.choice(scene.project.nouns)
    found = [
        f"{scene.any_path()}:{scene.rng.randint(3, 240)}:    {noun} = {noun}s.get({scene.rng.choice(scene.project.nouns)}_id)"
        for _ in range(scene.rng.randint(3, 34))
    ]
    arguments = {"pattern": rf"\b{noun}s?\b", "output_mode": "content", "-n": True}
    detail = {"mode": "content", "numFiles": len({line.split(":")[0] for line in found}), "filenames": [], "content": "\n".join(found), "numLines": len(found)}
    return Call(scene.new_id(), "Grep", arguments, "\n".join(found), detail, seconds=0.2)


def glob(scene: Scene) -> Call:
    names = [scene.absolute(path) for path in (*scene.project.files, scene.story.path, scene.story.test_path)]
    detail = {"filenames": names, "durationMs": scene.rng.randint(4, 60), "numFiles": len(names), "truncated": False}
    return Call(scene.new_id(), "Glob", {"pattern": "**/*"}, "\n".join(names), detail, seconds=0.1)


def edit(scene: Scene, path: str, lines: list[str], change: tuple[str, str]) -> Call:
    """An Edit whose patch is worked out from the file before and after it."""
    old, new = change
    before, after = "\n".join(lines), "\n".join(lines).replace(old, new, 1)
    hunks, added, removed = patch(before.split("\n"), after.split("\n"))
    file = scene.absolute(path)
    arguments = {"replace_all": False, "file_path": file, "old_string": old, "new_string": new}
    detail = {
        "filePath": file, "oldString": old, "newString": new, "originalFile": before,
        "structuredPatch": hunks, "userModified": False, "replaceAll": False,
    }  # fmt: skip
    return Call(
        scene.new_id(), "Edit", arguments, f"The file {file} has been updated successfully.", detail,
        seconds=scene.rng.uniform(0.1, 4), lines_added=added, lines_removed=removed,
    )  # fmt: skip


def edit_not_found(scene: Scene) -> Call:
    file = scene.absolute(scene.story.path)
    arguments = {"replace_all": False, "file_path": file, "old_string": scene.story.after[:60], "new_string": "pass"}
    text = f"<tool_use_error>String to replace not found in file.\nString: {scene.story.after[:60]}</tool_use_error>"
    return Call(scene.new_id(), "Edit", arguments, text, "Error: String to replace not found in file.", is_error=True)


def rejected_edit(scene: Scene) -> Call:
    file = scene.absolute(scene.project.files[0])
    arguments = {"replace_all": True, "file_path": file, "old_string": scene.project.nouns[0], "new_string": scene.project.nouns[1]}
    return Call(scene.new_id(), "Edit", arguments, REJECTION, f"Error: {REJECTION}", is_error=True, seconds=6)


def write(scene: Scene, path: str, content: str, original: str | None = None) -> Call:
    """A Write: of a new file every line counts as added, of an old one the lines that changed."""
    file = scene.absolute(path)
    hunks: list[dict[str, Any]] = []
    added, removed = content.count("\n") + 1, 0
    if original is not None:
        hunks, added, removed = patch(original.split("\n"), content.split("\n"))
    kind = "create" if original is None else "update"
    detail = {"type": kind, "filePath": file, "content": content, "structuredPatch": hunks, "originalFile": original}
    return Call(
        scene.new_id(), "Write", {"file_path": file, "content": content}, f"File {kind}d successfully at: {file}", detail,
        seconds=scene.rng.uniform(0.1, 3), lines_added=added, lines_removed=removed,
    )  # fmt: skip


def patch(before: list[str], after: list[str]) -> tuple[list[dict[str, Any]], int, int]:
    """Hunks in structuredPatch's form, and the lines added and removed."""
    hunks, added, removed = [], 0, 0
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT_LINES):
        lines: list[str] = []
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                lines += [f" {line}" for line in before[old_from:old_to]]
                continue
            lines += [f"-{line}" for line in before[old_from:old_to]]
            lines += [f"+{line}" for line in after[new_from:new_to]]
            removed += old_to - old_from
            added += new_to - new_from
        if group[-1][2] == len(before):
            lines.append("\\ No newline at end of file")
        first, last = group[0], group[-1]
        hunks.append({
            "oldStart": first[1] + 1, "oldLines": last[2] - first[1],
            "newStart": first[3] + 1, "newLines": last[4] - first[3], "lines": lines,
        })  # fmt: skip
    return hunks, added, removed


def bash(scene: Scene, command: str, output: str, *, exit_code: int = 0) -> Call:
    arguments = {"command": command, "description": f"Run {command.split(' ')[0]}"}
    seconds = scene.rng.uniform(0.2, 25)
    if exit_code:
        text = f"Exit code {exit_code}\n{output}"
        return Call(scene.new_id(), "Bash", arguments, text, f"Error: {text}", is_error=True, seconds=seconds)
    detail = {"stdout": output, "stderr": "", "interrupted": False, "isImage": False, "noOutputExpected": not output}
    return Call(scene.new_id(), "Bash", arguments, output, detail, is_error=False, seconds=seconds)


def run_tests(scene: Scene, *, is_passing: bool) -> Call:
    output = test_run(scene.rng, scene.project, is_passing=is_passing)
    return bash(scene, scene.project.test_command, output, exit_code=0 if is_passing else 1)


def logs(scene: Scene, size_bytes: int) -> Call:
    return bash(scene, f"docker compose logs --since 24h {scene.project.nouns[0]}", service_log(scene.rng, scene.project, size_bytes))


def web_search(scene: Scene) -> Call:
    query = scene.rng.choice(scene.project.search_queries)
    searches = scene.rng.randint(1, 3)
    links = [{"title": f"{query} – documentation", "url": f"https://docs.example.org/{n}"} for n in range(4)]
    text = f'Web search results for query: "{query}"\n\n' + "\n".join(f"- [{link['title']}]({link['url']})" for link in links)
    detail = {"query": query, "results": links, "durationSeconds": 3.4, "searchCount": searches}
    return Call(scene.new_id(), "WebSearch", {"query": query}, text, detail, seconds=3.4, web_searches=searches)


def todos(scene: Scene, done: int) -> Call:
    steps = (scene.story.title, f"Edit {scene.story.path}", f"Cover it in {scene.story.test_path}", "Run the whole suite")
    states = ["completed"] * done + ["in_progress"] + ["pending"] * len(steps)
    items = [{"content": step, "status": state, "activeForm": step} for step, state in zip(steps, states, strict=False)]
    detail = {"oldTodos": items if done else [], "newTodos": items}
    text = "Todos have been modified successfully. Ensure that you continue to use the todo list to track your progress."
    return Call(scene.new_id(), "TodoWrite", {"todos": items}, text, detail, seconds=0.02)


def mcp(scene: Scene) -> Call:
    rows = [{noun: scene.rng.randrange(10**4) for noun in scene.project.nouns[:4]} for _ in range(12)]
    text = [{"type": "text", "text": str(rows)}]
    return Call(scene.new_id(), scene.project.mcp_tool, {"query": f"{scene.project.nouns[0]} {scene.project.nouns[1]}", "limit": 12}, text, text, seconds=1.2)


def screenshot(scene: Scene) -> Call:
    """An MCP tool that answers with a picture."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    return Call(scene.new_id(), "mcp__playwright__browser_take_screenshot", {"fullPage": True}, [image], [image], seconds=1.6)


def skill(scene: Scene) -> Call:
    body = f"Base directory for this skill: {scene.project.cwd}/.claude/skills/release-notes\n\n# Release notes\n\nWrite for people who use the product. One line per change, the most useful first."
    detail = {"success": True, "commandName": "release-notes"}
    return Call(
        scene.new_id(), "Skill", {"skill": "release-notes", "args": new_uuid(scene.rng)[:8]}, "Launching skill: release-notes",
        detail, seconds=0.05, meta_text=body,
    )  # fmt: skip


def spilled(call: Call, text: str, path: str, size_bytes: int) -> Call:
    """A call whose output was saved to a file."""
    detail = {**call.detail, "persistedOutputPath": path, "persistedOutputSize": size_bytes}
    return replace(call, content=text, detail=detail)
