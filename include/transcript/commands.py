"""Slash commands: a text that is the structure of one from its start to its end."""

import re
from typing import NamedTuple

_PART = re.compile(
    r"\s*<(command-name|command-message|command-args|command-contents|skill-format)>"
)
_OUTPUT = "<local-command-std"


class Command(NamedTuple):
    """A command as given; `is_local` where Claude Code answered it and Claude saw nothing."""

    name: str  # with its slash
    arguments: str
    is_local: bool

    @property
    def text(self) -> str:
        """The command as it was typed."""
        return f"{self.name} {self.arguments}".strip()


def command_of_text(text: str) -> Command | None:
    """Returns the command that the whole text is the structure of; None for any other text."""
    text = text.strip()
    if not text.startswith("<command-"):
        return None
    parts: dict[str, str] = {}
    position = 0
    while found := _PART.match(text, position):
        tag = found[1]
        closing = f"</{tag}>"
        # What is given to a command may hold anything.
        find = text.rfind if tag == "command-args" else text.find
        end = find(closing, found.end())
        if end < 0:
            return None
        parts.setdefault(tag, text[found.end() : end].strip())
        position = end + len(closing)
    rest = text[position:].lstrip()
    name = _name(parts)
    if not name or (rest and not rest.startswith(_OUTPUT)):
        return None
    return Command(name, parts.get("command-args", ""), text.startswith("<command-name>"))


def _name(parts: dict[str, str]) -> str:
    name = parts.get("command-name") or ""
    if not name and " " not in parts.get("command-message", " "):
        name = parts["command-message"]
    if not name or "<" in name or "\n" in name:
        return ""
    return name if name.startswith("/") else f"/{name}"
