"""The line itself: fields with their texts, and a template whose empty parts fall away."""

import string
from collections.abc import Callable, Mapping

from cca.statusline.payload import Limit, Payload
from cca.statusline.state import Section
from cca.terminal import printable

SEPARATOR = "|"
DEFAULT = (
    "{model} | {context} context | {session} session | {today} today | {block} this block"
    " | 5 h: {five_hour} | week: {week} | budget: {budget} | {archive}"
)
FIELDS = {
    "model": "name of the model",
    "context": "how full the context window is",
    "session": "cost of this session, by Claude Code",
    "today": "cost of today, by the published numbers and what this session cost since",
    "block": "cost of the five-hour block that runs, by the published numbers",
    "five_hour": "used of the plan's five-hour limit, and when it resets",
    "week": "used of the plan's weekly limit, and when it resets",
    "budget": "the budget that is most spent, and how much of it",
    "archive": "a warning where the agent could not deliver for a while",
}
# An agent that said nothing for so long has stopped, or cannot write.
_QUIET_SECONDS = 900
_FORMATTER = string.Formatter()
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def line(template: str, payload: Payload, state: Mapping[str, Section], now: float) -> str:
    """Return the line: parts of the template between bars, without those that lack a value.

    Raises: ValueError where the template names an unknown field; the message lists the fields.
    """
    texts = {name: make(payload, state, now) for name, make in _MAKERS.items()}
    parts = []
    for part in template.split(SEPARATOR):
        names = [name for _, name, _, _ in _FORMATTER.parse(part) if name is not None]
        if unknown := [name for name in names if name not in texts]:
            raise ValueError(f"no field {{{unknown[0]}}}; there are {', '.join(FIELDS)}")
        if all(texts[name] for name in names):
            parts.append(part.strip().format_map(texts))
    return printable(" | ".join(filter(None, parts))).replace("\n", " ")


def money(usd: float) -> str:
    return f"${usd:,.2f}"


def until(seconds: float) -> str:
    """Say a duration in its two largest units, such as 3d 4h."""
    left = max(0, int(seconds))
    if left >= _DAY:
        return f"{left // _DAY}d {left % _DAY // _HOUR}h"
    if left >= _HOUR:
        return f"{left // _HOUR}h {left % _HOUR // _MINUTE}m"
    return f"{left // _MINUTE}m"


def _model(payload: Payload, _state: Mapping[str, Section], _now: float) -> str:
    return str(payload.model_name)


def _context(payload: Payload, _state: Mapping[str, Section], _now: float) -> str:
    percentage = payload.context_percentage
    return "" if percentage is None else f"{percentage:.0f}%"


def _session(payload: Payload, _state: Mapping[str, Section], _now: float) -> str:
    return "" if payload.cost_usd is None else money(payload.cost_usd)


def _today(payload: Payload, state: Mapping[str, Section], now: float) -> str:
    """Published cost of the day, and what this session cost since; other sessions wait."""
    published = state.get("published", {})
    ends_at, usd = number(published, "day_ends_at"), number(published, "day_usd")
    if ends_at is None or usd is None:
        return ""
    counted = published.get("sessions")
    known = number(counted, payload.session_id) if isinstance(counted, dict) else None
    since = max(0.0, (payload.cost_usd or 0) - (known or 0))
    return money((usd if now < ends_at else 0) + since)


def _block(_payload: Payload, state: Mapping[str, Section], now: float) -> str:
    block = state.get("published", {}).get("block")
    if not isinstance(block, dict):
        return ""
    usd, ends_at = number(block, "usd"), number(block, "ends_at")
    return "" if usd is None or ends_at is None or ends_at <= now else money(usd)


def _five_hour(payload: Payload, _state: Mapping[str, Section], now: float) -> str:
    return _limit(payload.five_hour, now)


def _week(payload: Payload, _state: Mapping[str, Section], now: float) -> str:
    return _limit(payload.seven_day, now)


def _limit(limit: Limit | None, now: float) -> str:
    """Percent used and the time to the reset; nothing once the window is over."""
    if limit is None or limit.resets_at <= now:
        return ""
    return f"{limit.percentage:.0f}%, resets in {until(limit.resets_at - now)}"


def _budget(_payload: Payload, state: Mapping[str, Section], now: float) -> str:
    budgets = state.get("published", {}).get("budgets")
    shares = [
        (number(each, "spent_usd") or 0) / usd
        for each in (budgets if isinstance(budgets, list) else [])
        if isinstance(each, dict)
        and (usd := number(each, "usd"))
        and (number(each, "ends_at") or 0) > now
    ]
    return f"{max(shares):.0%} spent" if shares else ""


def _archive(_payload: Payload, state: Mapping[str, Section], now: float) -> str:
    agent = state.get("agent", {})
    said_at, waiting = number(agent, "at"), number(agent, "waiting_seconds") or 0.0
    if said_at is None:
        return ""
    if now - said_at > _QUIET_SECONDS:
        return "cca's agent has stopped"
    return f"not archived for {until(waiting)}" if waiting > _QUIET_SECONDS else ""


def number(values: Section, name: str) -> float | None:
    """Return a number of the state file; what is none counts as missing."""
    found = values.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found)


_MAKERS: dict[str, Callable[[Payload, Mapping[str, Section], float], str]] = {
    "model": _model, "context": _context, "session": _session, "today": _today, "block": _block,
    "five_hour": _five_hour, "week": _week, "budget": _budget, "archive": _archive,
}  # fmt: skip
