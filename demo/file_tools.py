"""Calls that look at files and change them: Read, Grep, Glob, Edit, Write."""

import difflib
from typing import Any

from cca.demo.reply import Call
from cca.demo.scene import CODE_ENDINGS, Scene, file_lines

REJECTION = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it "
    "was a file edit, the new_string was NOT written to the file). STOP what you are doing and "
    "wait for the user to tell you how to proceed."
)
_CONTEXT_LINES = 3


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
    text = (
        "<tool_use_error>File does not exist. Did you mean one of its neighbours?</tool_use_error>"
    )
    return Call(
        scene.new_id(),
        "Read",
        {"file_path": path},
        text,
        "Error: File does not exist.",
        is_error=True,
    )


def grep(scene: Scene) -> Call:
    noun = scene.rng.choice(scene.project.nouns)
    found = _matches(scene, noun)
    arguments = {"pattern": rf"\b{noun}s?\b", "output_mode": "content", "-n": True}
    text = "\n".join(found) or "No matches found"
    files = {line.split(":")[0] for line in found}
    detail = {
        "mode": "content", "numFiles": len(files), "filenames": [], "content": text,
        "numLines": len(found),
    }  # fmt: skip
    return Call(scene.new_id(), "Grep", arguments, text, detail, seconds=0.2)


def _matches(scene: Scene, noun: str) -> list[str]:
    """Lines with the word in files read so far, and in others made up for it."""
    files = dict(scene.files)
    for path in scene.rng.sample(scene.project.files, 3):
        if path.endswith(CODE_ENDINGS):
            files.setdefault(path, file_lines(scene, "", 6))
    return [
        f"{path}:{number}:{line}"
        for path, lines in sorted(files.items())
        for number, line in enumerate(lines, 1)
        if noun in line.lower()
    ][:40]


def glob(scene: Scene) -> Call:
    names = [
        scene.absolute(path)
        for path in (*scene.project.files, scene.story.path, scene.story.test_path)
    ]
    detail = {
        "filenames": names,
        "durationMs": scene.rng.randint(4, 60),
        "numFiles": len(names),
        "truncated": False,
    }
    return Call(
        scene.new_id(),
        "Glob",
        {"pattern": scene.rng.choice(("**/*", "**/*test*", "*/**"))},
        "\n".join(names),
        detail,
        seconds=0.1,
    )


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
        scene.new_id(), "Edit", arguments, f"The file {file} has been updated successfully.",
        detail,
        seconds=scene.rng.uniform(0.1, 4), lines_added=added, lines_removed=removed,
    )  # fmt: skip


def edit_not_found(scene: Scene) -> Call:
    file = scene.absolute(scene.story.path)
    arguments = {
        "replace_all": False,
        "file_path": file,
        "old_string": scene.story.after[:60],
        "new_string": "pass",
    }
    reason = f"String to replace not found in file.\nString: {scene.story.after[:60]}"
    text = f"<tool_use_error>{reason}</tool_use_error>"
    return Call(
        scene.new_id(),
        "Edit",
        arguments,
        text,
        "Error: String to replace not found in file.",
        is_error=True,
    )


def rejected_edit(scene: Scene) -> Call:
    file = scene.absolute(scene.project.files[0])
    arguments = {
        "replace_all": True,
        "file_path": file,
        "old_string": scene.project.nouns[0],
        "new_string": scene.project.nouns[1],
    }
    return Call(
        scene.new_id(),
        "Edit",
        arguments,
        REJECTION,
        "User rejected tool use",
        is_error=True,
        is_rejected=True,
        seconds=6,
    )


def write(scene: Scene, path: str, content: str, original: str | None = None) -> Call:
    """A Write: of a new file every line counts as added, of an old one the lines that changed."""
    file = scene.absolute(path)
    hunks: list[dict[str, Any]] = []
    added, removed = content.count("\n") + 1, 0
    if original is not None:
        hunks, added, removed = patch(original.split("\n"), content.split("\n"))
    kind = "create" if original is None else "update"
    detail = {
        "type": kind,
        "filePath": file,
        "content": content,
        "structuredPatch": hunks,
        "originalFile": original,
    }
    return Call(
        scene.new_id(), "Write", {"file_path": file, "content": content},
        f"File {kind}d successfully at: {file}", detail,
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
