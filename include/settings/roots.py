"""Which folders of transcripts a setting names: only what lies under `projects/` is one."""

from collections.abc import Iterable
from pathlib import Path

DEFAULTS = ("~/.claude/projects", "~/.config/claude/projects")
# What Claude Code keeps in its own folder, beside `projects`.
_CONFIG_FILES = (
    "history.jsonl", "settings.json", "settings.local.json", ".credentials.json", "CLAUDE.md",
    "telemetry", "statsig", "todos", "shell-snapshots", "file-history", "plugins", "plans",
)  # fmt: skip
_NESTED = (".claude/projects", ".config/claude/projects")


def named(text: str) -> list[Path]:
    """Return the folders of a list separated by commas, absolute."""
    parts = (part.strip() for part in text.split(","))
    return [Path(part).expanduser().absolute() for part in parts if part]


def default_roots() -> list[Path]:
    """Return the folders Claude Code writes to; the first where none is there yet."""
    found = [Path(path).expanduser() for path in DEFAULTS]
    return [path for path in found if path.is_dir()] or found[:1]


def config_roots(folders: Iterable[Path]) -> list[Path]:
    """Return the `projects` of Claude Code's own folders, there or not."""
    return [path if path.name == "projects" else path / "projects" for path in folders]


def given_roots(folders: Iterable[Path]) -> list[Path]:
    """Return the folders that hold project folders, of folders that may be above them."""
    return list(dict.fromkeys(root for path in folders for root in _below(path)))


def remarks(folders: Iterable[Path]) -> list[str]:
    """Return one sentence for each folder that lies a level too high."""
    return [
        f"CLAUDE_DIR: {path} lies above the transcripts; reading "
        f"{', '.join(map(str, nested))}: name that in CLAUDE_DIR"
        for path in folders
        if (nested := _nested(path))
    ]


def _below(path: Path) -> list[Path]:
    if path.name == "projects":
        return [path]
    if (path / "projects").is_dir() or is_config_folder(path):
        return [path / "projects"]
    return _nested(path) or [path]


def is_config_folder(path: Path) -> bool:
    """Return whether this is Claude Code's own folder, whether it has `projects` yet or not."""
    return path.name == ".claude" or any((path / name).exists() for name in _CONFIG_FILES)


def _nested(path: Path) -> list[Path]:
    """The `projects` folders one level down; project folders have none: they begin with `-`."""
    if path.name == "projects" or (path / "projects").is_dir() or is_config_folder(path):
        return []
    known = [path / name for name in _NESTED if (path / name).is_dir()]
    if known:
        return known
    try:
        children = sorted(child for child in path.iterdir() if not child.name.startswith("-"))
        return [child / "projects" for child in children if (child / "projects").is_dir()]
    except OSError:
        return []
