"""The few facts of an entry without a column of their own, so that SQL parses no whole entry."""

from typing import Any

from cca.transcript.values import as_json, mapping

# Of the entry itself, where it has them.
_OF_ENTRY = (
    "leafUuid", "compactMetadata", "toolDenialKind", "isAbortedMidStream", "continuedInSessionId",
    "apiErrorStatus", "durationMs", "hookCount", "hookErrors", "preventedContinuation",
)  # fmt: skip
_OF_ATTACHMENT = ("commandMode", "hookName", "hookEvent", "exitCode", "durationMs", "toolUseID")
_OF_RESULT = ("agentId", "interrupted", "isAsync", "totalTokens", "totalToolUseCount")
_OF_AGENT = (
    "agentType", "description", "toolUseId", "spawnDepth", "parentAgentId", "name", "model",
)  # fmt: skip
# An entry without any of these has no details.
_SAYING = frozenset({*_OF_ENTRY, "forkedFrom", "attachment", "toolUseResult"})
_LEDGER = (
    "totalCostUSD", "totalLinesAdded", "totalLinesRemoved", "totalDuration", "totalAPIDuration",
    "totalToolDuration", "startTime", "modelUsage", "hasUnknownModelCost",
)  # fmt: skip


def details_of(kind: str | None, entry: dict[str, Any]) -> str | None:
    """JSON of what dbt reads beyond the columns; None on most entries."""
    if kind == "cost-state":
        return _json(_some(entry, _LEDGER))
    if kind == "agent-meta":
        return _json(_some(mapping(entry.get("content")), _OF_AGENT))
    if _SAYING.isdisjoint(entry):
        return None
    found = _some(entry, _OF_ENTRY)
    if forked_from := mapping(entry.get("forkedFrom")):
        found["forkedFrom"] = forked_from.get("sessionId")
    if attachment := mapping(entry.get("attachment")):
        found |= _some(attachment, _OF_ATTACHMENT)
        # The attachment's own origin before the entry's.
        if origin := mapping(attachment.get("origin")) or mapping(entry.get("origin")):
            found["origin"] = origin.get("kind")
    if result := mapping(entry.get("toolUseResult")):
        found |= {key: value for key, value in _some(result, _OF_RESULT).items() if value}
    return _json(found)


def _some(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    # Most entries have none of them, and keys are compared faster than each is looked up.
    if not values or values.keys().isdisjoint(names):
        return {}
    return {name: values[name] for name in names if values.get(name) is not None}


def _json(found: dict[str, Any]) -> str | None:
    return as_json(found) if found else None
