"""Counts a folder of transcripts from its lines, without code of the generator."""

import json
import re
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from genai_prices import Usage, calc_price

SESSION_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TOKENS = (
    "input_tokens",
    "output_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_read_tokens",
)
CAUSES = ("skill", "plugin", "mcp", "agent", "effort", "branch", "version")
NOT_HUMAN = (
    "<command-name>",
    "<local-command-",
    "<bash-",
    "<task-notification>",
    "[Request interrupted",
    "Caveat:",
)


def recount(projects: Path) -> dict:
    """Totals and breakdowns in the form of truth.json."""
    rows = list(_rows(projects))
    distinct = {
        row["entry"].get("uuid") or (row["path"], row["line"]): row for row in reversed(rows)
    }
    messages = _messages(rows)
    by_tool, tools = _tools(rows)
    roles = [_role(row["entry"]) for row in distinct.values()]
    totals = {
        "projects": len({row["project"] for row in rows}),
        "sessions": len({row["session"] for row in rows}),
        "transcript_lines": len(rows),
        "side_files": sum(p.suffix != ".jsonl" for p in projects.rglob("*") if p.is_file()),
        "entries": len(distinct),
        "user_messages": roles.count("user"),
        "assistant_messages": roles.count("assistant"),
        "messages": sum(role is not None for role in roles),
        "human_prompts": sum(_is_human_prompt(row["entry"]) for row in distinct.values()),
        **tools,
        "compactions": sum(
            row["entry"].get("subtype") == "compact_boundary" for row in distinct.values()
        ),
        **_sum(messages.values()),
    }
    result = {"totals": totals, "by_tool": by_tool}
    _say_causes(projects, rows, messages)
    for dimension in ("day", "model", "project", "session", *CAUSES):
        groups = defaultdict(list)
        for message in messages.values():
            groups[message[dimension] or "none"].append(message)
        result[f"by_{dimension}"] = {key: _sum(group) for key, group in groups.items()}
    return result


def _say_causes(projects, rows, messages):
    """What the rows of a message say of its cause: the first of them that says anything."""
    kinds = {
        path.name[len("agent-") : -len(".meta.json")]: json.loads(path.read_text())["agentType"]
        for path in projects.rglob("*.meta.json")
    }
    for message in messages.values():
        message.update(dict.fromkeys(CAUSES))
    for row in _by_session_start(rows):
        outer = row["entry"]
        entry = outer["data"].get("message", {}) if outer["type"] == "progress" else outer
        message = messages.get(entry.get("message", {}).get("id"))
        if message is None:
            continue
        agent = entry.get("agentId", "")
        called = [b["name"] for b in entry["message"]["content"] if b["type"] == "tool_use"]
        mcp = next((name for name in called if name.startswith("mcp__")), "").split("__")
        said = {
            "skill": entry.get("attributionSkill"),
            "plugin": entry.get("attributionPlugin"),
            "mcp": entry.get("attributionMcpServer") or (mcp[1] if len(mcp) > 1 else None),
            "agent": "compaction" if agent.startswith("acompact") else kinds.get(agent),
            "effort": entry.get("perTurnEffort") or entry.get("effort"),
            "branch": outer["gitBranch"], "version": outer["version"],
        }  # fmt: skip
        for name, value in said.items():
            message[name] = message[name] or value


def _rows(projects):
    for path in sorted(projects.rglob("*.jsonl")):
        relative = path.relative_to(projects)
        ids = [match[0] for part in relative.parts if (match := SESSION_ID.match(part))]
        named = "{host}/" + relative.with_suffix("").as_posix()
        for number, line in enumerate(path.read_bytes().split(b"\n")[:-1]):
            yield {
                "entry": json.loads(line), "path": str(relative), "line": number,
                "project": relative.parts[0], "session": ids[0] if ids else named,
            }  # fmt: skip


def _role(entry):
    if entry["type"] == "message":
        return entry["message"]["role"]
    return entry["type"] if entry["type"] in ("user", "assistant") else None


def _is_human_prompt(entry):
    if entry["type"] == "attachment":
        inner = entry["attachment"]
        return inner["type"] == "queued_command" and inner.get("origin", {}).get("kind") == "human"
    if (
        _role(entry) != "user"
        or entry.get("isSidechain")
        or entry.get("isMeta")
        or entry.get("isCompactSummary")
    ):
        return False
    if "promptSource" in entry:
        return entry["promptSource"] != "system"
    content = entry["message"]["content"]
    if isinstance(content, list):
        if any(block["type"] == "tool_result" for block in content):
            return False
        content = " ".join(block.get("text", "") for block in content)
    return not content.startswith(NOT_HUMAN)


def _messages(rows):
    """One dict a message id: largest counts of its rows, place and day of its earliest."""
    found = {}
    for row in _by_session_start(rows):
        entry = row["entry"]
        if (
            entry["type"] == "progress"
            and entry["data"].get("message", {}).get("type") == "assistant"
        ):
            entry = entry["data"]["message"]
        if entry["type"] != "assistant" or entry["message"]["model"] == "<synthetic>":
            continue
        body = entry["message"]
        usage, split = body["usage"], body["usage"]["cache_creation"]
        counts = {
            "input_tokens": usage["input_tokens"],
            "output_tokens": usage["output_tokens"],
            "cache_write_5m_tokens": split["ephemeral_5m_input_tokens"],
            "cache_write_1h_tokens": split["ephemeral_1h_input_tokens"],
            "cache_read_tokens": usage["cache_read_input_tokens"],
            "web_search_requests": usage.get("server_tool_use", {}).get("web_search_requests", 0),
        }
        message = found.setdefault(body["id"], {
            "model": body["model"], "at": entry["timestamp"], "day": entry["timestamp"][:10],
            "project": row["project"], "session": row["session"],
        })  # fmt: skip
        for name, count in counts.items():
            message[name] = max(count, message.get(name, 0))
    for message, searches in _client_searches(rows).items():
        found[message]["web_search_requests"] = found[message]["web_search_requests"] or searches
    for message in found.values():
        message["cost_usd"] = _cost(message)
        message["cost_usd_with_web_search"] = message["cost_usd"] + message[
            "web_search_requests"
        ] * Decimal("0.01")
    return found


def _by_session_start(rows):
    """Sessions in the order in which they began to write rows of their own."""
    holders = defaultdict(set)
    for row in rows:
        holders[row["entry"].get("uuid")].add(row["session"])
    starts = defaultdict(lambda: "9")
    for row in rows:
        entry = row["entry"]
        if entry.get("uuid") and len(holders[entry["uuid"]]) == 1:
            starts[row["session"]] = min(starts[row["session"]], entry["timestamp"])
    return sorted(rows, key=lambda row: (starts[row["session"]], row["entry"].get("timestamp", "")))


def _client_searches(rows):
    callers, searches = {}, {}
    for row in rows:
        entry = row["entry"]
        for block in _blocks(entry):
            if block["type"] == "tool_use":
                callers[block["id"]] = entry["message"].get("id")
            detail = entry.get("toolUseResult")
            if (
                block["type"] == "tool_result"
                and isinstance(detail, dict)
                and "searchCount" in detail
            ):
                searches[block["tool_use_id"]] = detail["searchCount"]
    by_message = defaultdict(int)
    for call, count in searches.items():
        by_message[callers[call]] += count
    return by_message


def _blocks(entry):
    content = entry["message"]["content"] if _role(entry) else []
    return [] if isinstance(content, str) else content


def _cost(message):
    prompt = sum(message[name] for name in TOKENS) - message["output_tokens"]
    usage = Usage(
        input_tokens=prompt,
        output_tokens=message["output_tokens"],
        cache_read_tokens=message["cache_read_tokens"],
        cache_write_tokens=message["cache_write_5m_tokens"] + message["cache_write_1h_tokens"],
        cache_write_1h_tokens=message["cache_write_1h_tokens"],
    )
    at = datetime.fromisoformat(message["at"]).astimezone(UTC)
    priced = calc_price(
        usage, model_ref=message["model"], provider_id="anthropic", genai_request_timestamp=at
    )
    return priced.total_price


def _tools(rows):
    calls, results = {}, {}
    for row in rows:
        for block in _blocks(row["entry"]):
            if block["type"] == "tool_use":
                calls[block["id"]] = block["name"]
            if block["type"] == "tool_result":
                results[block["tool_use_id"]] = (
                    block.get("is_error", False),
                    str(block["content"]).startswith("The user doesn't want to proceed"),
                    row["entry"].get("toolUseResult"),
                )
    by_tool = defaultdict(lambda: dict.fromkeys(("calls", "errors", "rejections"), 0))
    for call, name in calls.items():
        is_error, is_rejected, _ = results.get(call, (False, False, None))
        by_tool[name]["calls"] += 1
        by_tool[name]["errors"] += is_error
        by_tool[name]["rejections"] += is_rejected
    changed = [_changed_lines(detail) for *_, detail in results.values()]
    return dict(by_tool), {
        "tool_calls": len(calls),
        "tool_errors": sum(is_error for is_error, *_ in results.values()),
        "tool_rejections": sum(is_rejected for _, is_rejected, _ in results.values()),
        "lines_added": sum(added for added, _ in changed),
        "lines_removed": sum(removed for _, removed in changed),
    }


def _changed_lines(detail):
    if not isinstance(detail, dict) or "structuredPatch" not in detail:
        return 0, 0
    if detail.get("type") == "create":
        return len(detail["content"].split("\n")), 0
    lines = [line for hunk in detail["structuredPatch"] for line in hunk["lines"]]
    return sum(line[0] == "+" for line in lines), sum(line[0] == "-" for line in lines)


def _sum(messages):
    messages = list(messages)
    names = (*TOKENS, "web_search_requests", "cost_usd", "cost_usd_with_web_search")
    sums = {name: sum(message[name] for message in messages) for name in names}
    money = {name: f"{value:.8f}" for name, value in sums.items() if name.startswith("cost")}
    return {"api_messages": len(messages), **sums, **money}
