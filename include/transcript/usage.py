"""What an entry was billed for: one row an API answer, tokens as counts."""

from typing import Any, NamedTuple

from cca.transcript.roles import SYNTHETIC_MODEL, role_of
from cca.transcript.values import count, mapping, string

# Elements of `usage.iterations` that repeat what the totals say, or that were replaced and are
# not billed. Every other kind is an answer of its own, beside the totals.
_IN_TOTALS = frozenset({"message", "fallback_message"})


class Usage(NamedTuple):
    """Tokens of one API answer, as billed; None where the row does not say.

    kind: message, or that of the iteration (advisor_message, compaction, …), which `number`
    counts from 0 within the message. The 5-minute and the 1-hour writes make up
    `cache_creation_tokens`; what a wrong split leaves over was written for 5 minutes.
    """

    kind: str
    number: int
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    cache_creation_tokens: int | None
    cache_write_5m_tokens: int | None
    cache_write_1h_tokens: int | None
    cache_read_tokens: int | None
    thinking_tokens: int | None
    web_search_requests: int | None
    service_tier: str | None
    speed: str | None
    inference_geo: str | None
    is_final: bool


def inner_entry(entry: dict[str, Any]) -> dict[str, Any]:
    """Returns the whole record that a progress entry carries; other entries as they are.

    A subagent's usage may stand nowhere else.
    """
    if entry.get("type") != "progress":
        return entry
    return mapping(mapping(entry.get("data")).get("message"))


def usage_rows(entry: dict[str, Any]) -> list[Usage]:
    """Returns what the entry says was billed: its message, then answers beside its totals.

    Each line of a message repeats all of it, and early lines hold partial counts: the largest
    count of a message, kind and number is the truth. No row where nothing was billed.
    """
    inner = inner_entry(entry)
    message = mapping(inner.get("message"))
    usage = message.get("usage")
    model = string(message.get("model"))
    if not isinstance(usage, dict) or model == SYNTHETIC_MODEL or role_of(inner) != "assistant":
        return []
    is_final = message.get("stop_reason") is not None or bool(usage.get("iterations"))
    own = _row(usage, usage)._replace(model=model, is_final=is_final)
    return [own, *further_usage(message)]


def further_usage(message: dict[str, Any]) -> list[Usage]:
    """Returns the answers of a message that its totals leave out, such as an advisor's."""
    usage = mapping(message.get("usage"))
    iterations = usage.get("iterations")
    if not iterations or not isinstance(iterations, list):
        return []
    rows: list[Usage] = []
    for element in iterations:
        kind = element.get("type") if isinstance(element, dict) else None
        if not isinstance(kind, str) or kind in _IN_TOTALS:
            continue
        own_model = string(message.get("model"))
        model = string(element.get("model")) or own_model
        number = sum(row.kind == kind for row in rows)
        row = _row(element, usage)._replace(kind=kind, number=number, model=model)
        # Fast mode is one model's: an advisor of another is not asked in it.
        is_as_fast = row.speed is None and model == own_model
        rows.append(row._replace(speed=_factor("speed", usage)) if is_as_fast else row)
    return rows


def cache_writes(usage: dict[str, Any]) -> tuple[int | None, int | None, int | None]:
    """Returns (all, 5 minutes, 1 hour) of the tokens written to the cache, in a sum that is right.

    Without a split the total is written for 5 minutes; a split above the total is believed.
    """
    total = count(usage.get("cache_creation_input_tokens"))
    split = mapping(usage.get("cache_creation"))
    short = count(split.get("ephemeral_5m_input_tokens"))
    long = count(split.get("ephemeral_1h_input_tokens"))
    if total is None and short is None and long is None:
        return None, None, None
    long = long or 0
    short = max(short or 0, (total or 0) - long)
    return short + long, short, long


def _row(usage: dict[str, Any], around: dict[str, Any]) -> Usage:
    """Returns the counts of one usage object; `around` says how its request was served."""
    total, short, long = cache_writes(usage)
    return Usage(
        kind="message",
        number=0,
        model=None,
        input_tokens=count(usage.get("input_tokens")),
        output_tokens=count(usage.get("output_tokens")),
        cache_creation_tokens=total,
        cache_write_5m_tokens=short,
        cache_write_1h_tokens=long,
        cache_read_tokens=count(usage.get("cache_read_input_tokens")),
        thinking_tokens=count(mapping(usage.get("output_tokens_details")).get("thinking_tokens")),
        web_search_requests=count(mapping(usage.get("server_tool_use")).get("web_search_requests")),
        service_tier=_factor("service_tier", usage, around),
        speed=_factor("speed", usage),
        inference_geo=_factor("inference_geo", usage, around),
        is_final=True,
    )


def _factor(name: str, *usages: dict[str, Any]) -> str | None:
    """Returns what the first of them says of how the request was served; case does not matter."""
    said = string(next((usage[name] for usage in usages if usage.get(name)), None))
    return said.lower() if said else None
