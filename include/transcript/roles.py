"""Whose turn an entry is, by its structure."""

from typing import Any

from cca.transcript.values import mapping, string

# Who said something, in the order of a conversation.
SPEAKERS = ("person", "claude", "tool", "teammate", "task", "machine")
SYNTHETIC_MODEL = "<synthetic>"

_ROLES = frozenset({"user", "assistant"})
_TEAMMATE = frozenset({"peer", "teammate", "coordinator", "agent", "cross_session"})
_TYPED = frozenset({"typed", "clipboard", "suggestion_accepted"})
# A turn that a person or their program began says nothing of each line in it.
_OPEN_TURNS = frozenset({"human", "sdk", "channel"})


def role_of(entry: dict[str, Any]) -> str | None:
    """Returns user or assistant; the oldest logs have `message`, or no type, and name it inside.

    Other entries have no role.
    """
    kind = entry.get("type")
    if kind is None or kind == "message":
        role = mapping(entry.get("message")).get("role") or entry.get("role")
        return role if isinstance(role, str) and role in _ROLES else None
    return kind if isinstance(kind, str) and kind in _ROLES else None


def origin_of(entry: dict[str, Any]) -> str | None:
    """Returns the kind of an entry's origin, its attachment's own before its own."""
    for holder in (mapping(entry.get("attachment")), entry):
        kind = mapping(holder.get("origin")).get("kind")
        if isinstance(kind, str) and kind:
            return kind
    return None


def signed_speaker(entry: dict[str, Any]) -> str | None:
    """Returns who an entry itself says wrote it: person, teammate or machine.

    None where it says nothing, or only that a person's program sent it.
    """
    origin = origin_of(entry)
    if origin is not None:
        return _of_origin(origin)
    source = string(entry.get("promptSource"))
    if source in _TYPED:
        return "person"
    turn = string(entry.get("turnOrigin"))
    if turn and turn not in _OPEN_TURNS:
        return _of_origin(turn)
    return "machine" if source == "system" else None


def _of_origin(kind: str) -> str | None:
    name = kind.replace("-", "_")
    if name == "human":
        return "person"
    if name == "channel":
        # People and programs both write to channels: the text tells which.
        return None
    return "teammate" if name in _TEAMMATE else "machine"
