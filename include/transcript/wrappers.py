"""The tags Claude Code puts around texts that stand in a user's name, and what is inside them.

A tag counts only where it opens the text and is closed: a person may write about any of them.
"""

import re
from typing import NamedTuple

import orjson

from cca.transcript.sentences import Sentence, sentence_of
from cca.transcript.terminal import plain

# What editors, hooks and commands put before or behind a prompt; the text around stays a person's.
_CONTEXTS = frozenset({
    "system-reminder", "ide_opened_file", "ide_selection", "ide_diagnostics", "new-diagnostics",
    "user-prompt-submit-hook", "session-start-hook", "local-command-caveat",
    "local-command-stdout", "local-command-stderr", "bash-stdout", "bash-stderr",
    "system-warning", "system_warning", "fork-boilerplate",
})  # fmt: skip
# The whole text is a message of this speaker, also what Claude Code adds behind the tag.
_MESSAGES = {
    "task-notification": ("machine", "notification"),
    "teammate-message": ("teammate", "message"),
    "cross-session-message": ("teammate", "message"),
    "agent-message": ("teammate", "message"),
    "peer-message": ("teammate", "message"),
    "coordinator-message": ("teammate", "message"),
    "tick": ("machine", "schedule"),
    "scheduled-task": ("machine", "schedule"),
    "ci-monitor-event": ("machine", "notification"),
    "github-webhook-activity": ("machine", "notification"),
    "bash-input": ("person", "shell"),
    "remote-review": ("machine", "notification"),
    "remote-review-progress": ("machine", "notification"),
    "ultraplan": ("machine", "notification"),
    "channel": ("machine", "notification"),
    "channel-message": ("machine", "notification"),
    "slack-tag-message": ("person", "channel"),
}
# Who speaks in these is in their attributes.
_CHANNELS = frozenset({"channel", "channel-message"})
# A message of a channel is a person's where it names who wrote it; a webhook's does not.
_WRITERS = frozenset({"user", "user_id", "user_name", "username", "chat_id"})
_PEOPLE = _WRITERS | {"sender", "sender_name"}
_TAG = re.compile(r"<\\?([a-z][a-z0-9_-]*)((?:\s(?:[^>\"]|\"[^\"]*\")*)?)>")
_ATTRIBUTE = re.compile(r"([\w-]+)=\"([^\"]*)\"")
_FIELD = re.compile(r"<([a-z_-]+)>(.*?)</\1>", re.DOTALL)
_MARKUP = re.compile(r"</?[a-z][a-z0-9_-]*(?:\s[^<>]*)?>")
_HEADLINE_CHARACTERS = 4000
# Nobody puts more around a prompt; each takes a copy of the rest.
_MOST_CONTEXTS = _MOST_MESSAGES = 50
# Pairs of tags are looked for in texts up to this length: in longer ones that would take too long.
_PAIRED_CHARACTERS = 20_000


class Wrapped(NamedTuple):
    """A text and what it is; `tag` is empty for a person's own words and for sentences.

    speaker: person, teammate or machine. kind: typed, context, command, message, notification,
    schedule, channel, shell, interruption, summary, hook or skill.
    """

    kind: str
    speaker: str
    text: str
    tag: str = ""
    attributes: dict[str, str] = {}  # noqa: RUF012  (nobody writes to it)

    @property
    def headline(self) -> str:
        """What a title shows of it, on one line without markup."""
        if summary := self.attributes.get("summary"):
            return _one_line(summary)
        start = self.text[:_HEADLINE_CHARACTERS]
        if found := dict(_FIELD.findall(start)).get("summary"):
            return _one_line(found)
        return _one_line(_said_by_json(self.text) or inner_text(start))


def pieces(text: str, *, is_signed: bool = False) -> list[Wrapped]:
    """Returns a text block in order: contexts around it, and what they stand around.

    Where the entry says that a person typed it (`is_signed`), the rest is all theirs, a command
    for the shell too. What Claude Code adds behind a message is a context too.
    """
    before, rest = _leading(_bare(text))
    rest, after = _trailing(rest)
    if not rest:
        return [*before, *after]
    said: list[Wrapped] = []
    # Several messages of teammates may have come at once.
    while len(said) < _MOST_MESSAGES:
        # What follows the last of them was looked at with the first.
        found = _machine_text(rest, _MOST_MESSAGES if said else 0)
        if found is None or (is_signed and found[0].kind != "shell"):
            break
        contexts, rest = _leading(rest[found[1] :].strip())
        said += [found[0], *contexts]
    if rest:
        said.append(Wrapped(*(("context", "machine") if said else ("typed", "person")), rest))
    return [*before, *said, *after]


def typed_text(text: str) -> str:
    """Returns the text without the contexts before and behind it; "" where there is no more."""
    text = _bare(text)
    if not (text.startswith("<") or text.endswith(">")):
        return text
    return _trailing(_leading(text)[1])[0]


def _bare(text: str) -> str:
    return text.strip().lstrip("\ufeff").lstrip()


def machine_text(text: str, *, is_signed: bool = False) -> Wrapped | None:
    """Returns what a text is that Claude Code wrote as the user; None for a person's words.

    The text begins with its first character that is no white space, and without contexts. Of a text
    that a person signed, Claude Code wrote no more than the tag around a command for the shell.
    """
    found = _machine_text(text)
    if found is None or (is_signed and found[0].kind != "shell"):
        return None
    return found[0]


def _machine_text(text: str, depth: int = 0) -> tuple[Wrapped, int] | None:
    """Returns the same, and where it ends; `depth` messages stand before it."""
    if (begun := sentence_of(text)) is not None:
        return _sentence(text, begun, depth)
    if not text.startswith("<") or (found := _TAG.match(text)) is None:
        return None
    tag, attributes = found[1], dict(_ATTRIBUTE.findall(found[2]))
    speaker, kind = _MESSAGES.get(tag) or _unlisted(tag, attributes)
    end = _closing(text, tag, found.end()) if kind else -1
    if end < 0:
        return None
    if tag in _CHANNELS:
        speaker, kind = _of_channel(attributes)
    said = Wrapped(kind, speaker, text[found.end() : end].strip("\r\n"), tag, attributes)
    end += len(f"</{tag}>")
    # Claude Code explains, on lines of its own, what others sent.
    is_explained = speaker == "teammate" or tag == "task-notification"
    if is_explained and text[end:].lstrip(" \t").startswith(("\n", "\r")):
        return said, end
    return None if _is_typed(text[end:], depth + 1) else (said, end)


def _is_typed(behind: str, depth: int) -> bool:
    """Tells whether a person's words stand behind a closing tag: then they quote the tag."""
    rest = _leading(behind.strip())[1]
    return bool(rest) and depth < _MOST_MESSAGES and _machine_text(rest, depth) is None


def inner_text(text: str) -> str:
    """Returns a notice's text for reading: its fields as `name: value`, without other markup."""
    if "<" not in text:
        return plain(text).strip()
    if len(text) <= _PAIRED_CHARACTERS:
        text = _FIELD.sub(lambda found: f"{found[1]}: {found[2].strip()}", text)
    return plain(_MARKUP.sub("", text)).strip()


def readable(text: str) -> str:
    """Returns any text of a transcript as a person reads it: no tags of Claude Code's.

    Contexts show only where there is nothing else.
    """
    found = pieces(text)
    said = [piece for piece in found if piece.kind != "context"] or found
    return "\n\n".join(_reading(piece) for piece in said)


def _reading(piece: Wrapped) -> str:
    if piece.kind == "typed":
        return piece.text
    return inner_text(piece.text) if piece.kind == "notification" else plain(piece.text).strip()


def _leading(text: str) -> tuple[list[Wrapped], str]:
    found: list[Wrapped] = []
    while (
        len(found) < _MOST_CONTEXTS
        and text.startswith("<")
        and (opening := _TAG.match(text)) is not None
    ):
        tag = opening[1]
        end = _closing(text, tag, opening.end()) if _is_context(tag) else -1
        if end < 0:
            break
        found.append(Wrapped("context", "machine", text[opening.end() : end].strip(), tag))
        text = text[text.index(">", end) + 1 :].lstrip()
    return found, text


def _trailing(text: str) -> tuple[str, list[Wrapped]]:
    """Returns the text before the contexts that end it, each on lines of its own."""
    found: list[Wrapped] = []
    while len(found) < _MOST_CONTEXTS and text.endswith(">"):
        close = text.rfind("</")
        tag = text[close + 2 : -1]
        start = text.rfind(f"<{tag}", 0, close) if close >= 0 and _is_context(tag) else -1
        if start <= 0 or text[start - 1] != "\n":
            break
        inner = text[text.find(">", start) + 1 : close].strip()
        found.insert(0, Wrapped("context", "machine", inner, tag))
        text = text[:start].rstrip()
    return text, found


def _is_context(tag: str) -> bool:
    return tag in _CONTEXTS or tag.startswith(("ide_", "ide-")) or tag.endswith("-hook")


def _closing(text: str, tag: str, start: int) -> int:
    """Returns where the tag that was opened before `start` is closed; -1 where it is not.

    What a command printed may hold the tag itself; other texts end at the first that fits.
    """
    close = f"</{tag}>"
    end = text.find(close, start)
    depth = text.count(f"<{tag}>", start, end) if end >= 0 else 0
    while depth and end >= 0:
        following = text.find(close, end + 1)
        if following < 0:
            break
        depth += text.count(f"<{tag}>", end, following) - 1
        end = following
    return end


def _sentence(text: str, begun: Sentence, depth: int) -> tuple[Wrapped, int]:
    speaker, kind, start = begun
    if kind != "message":
        return Wrapped(kind, speaker, text), len(text)
    said = text[start:].lstrip()
    inner = _machine_text(said, depth + 1) if depth <= _MOST_MESSAGES else None
    if inner is None:
        return Wrapped(kind, speaker, said), len(text)
    found, end = inner
    return found._replace(speaker=speaker, kind=kind), len(text) - len(said) + end


def _unlisted(tag: str, attributes: dict[str, str]) -> tuple[str, str]:
    """Returns speaker and kind of a message tag that nobody listed: it names its sender."""
    if not tag.endswith(("-message", "_message")):
        return "", ""
    if not _WRITERS.isdisjoint(attributes):
        return "person", "channel"
    is_sent = any(name.startswith("from") or name.endswith("_id") for name in attributes)
    return ("teammate", "message") if is_sent else ("", "")


def _of_channel(attributes: dict[str, str]) -> tuple[str, str]:
    if not _PEOPLE.isdisjoint(attributes):
        return "person", "channel"
    return ("teammate", "message") if "from" in attributes else ("machine", "notification")


def _said_by_json(text: str) -> str:
    """Returns what a teammate's notice says that is JSON: its kind, and whose it is."""
    if not text.startswith("{"):
        return ""
    try:
        said = orjson.loads(text)
    except ValueError:
        return ""
    words = str(said.get("type") or "").replace("_", " ")
    return f"{words} from {said['from']}" if words and said.get("from") else words


def _one_line(text: str) -> str:
    return " ".join(_MARKUP.sub(" ", text).split())
