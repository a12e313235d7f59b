"""What a session is called: never markup, one line, and which of several titles wins."""

from typing import Any

from cca.transcript.commands import command_of_text
from cca.transcript.prompts import Said, said
from cca.transcript.terminal import plain
from cca.transcript.values import mended, string
from cca.transcript.wrappers import readable

LONGEST_TITLE = 300
# Entry type: the field that holds the title. Types are in order of priority; within a type the
# newest entry counts.
TITLE_FIELDS = {
    "custom-title": "customTitle",
    "agent-name": "agentName",
    "ai-title": "aiTitle",
    "summary": "summary",
}
TITLE_RANKS = {kind: rank for rank, kind in enumerate(TITLE_FIELDS, 1)}


def title_of(entry: dict[str, Any]) -> tuple[str, str] | None:
    """Returns (entry type, title) of an entry that names its session; None for other entries.

    The title may be empty: it takes back what an entry of the same type said before. A subagent's
    title is none of its session's.
    """
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in TITLE_FIELDS or entry.get("isSidechain") is True:
        return None
    return kind, clean_title(string(entry.get(TITLE_FIELDS[kind])) or "")


def clean_title(text: str) -> str:
    """Returns a title on one line, cut at `LONGEST_TITLE` characters, without tags and colours."""
    text = text[: 20 * LONGEST_TITLE]
    if "<" in text:
        command = command_of_text(text)
        text = command.text if command else readable(text)
    return " ".join(plain(text).split())[:LONGEST_TITLE].rstrip()


def title_of_prompt(entry: dict[str, Any]) -> str:
    """Returns the title that a session without one takes from this entry; "" for none.

    People's prompts come first; a session that nobody prompted is named by what it was told.
    """
    found = said(entry)
    return title_of_said(found) if found else ""


def title_of_said(found: Said) -> str:
    """Returns the same of what was read already."""
    if found.is_prompt:
        # A person's own words keep what looks like markup.
        text = mended(found.text[: 20 * LONGEST_TITLE])
        return " ".join(plain(text).split())[:LONGEST_TITLE].rstrip()
    if found.speaker in {"teammate", "task"}:
        return clean_title(mended(found.headline or found.text))
    return ""
