"""One answer of the API: a row for each content block, all with the message's id and usage."""

from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

from cca.demo.causes import Causes
from cca.demo.ids import token
from cca.demo.prices import Usage
from cca.demo.transcript import Entry, Transcript

# Share of messages whose early rows show only the tokens streamed so far: of all it is some
# 12 %, as many have one row only.
_PARTIAL_SHARE = 0.19
# Share of a subagent's messages that never get their final row.
_NEVER_FINAL_SHARE = 0.05
_INTERLEAVED_SHARE = 0.5
_CHARACTERS_PER_TOKEN = 3.6
# A long result is cut before it reaches the model.
_RESULT_TOKENS_MAX = 30_000


@dataclass(frozen=True)
class Call:
    """A tool call and what comes back; `detail` is the entry's toolUseResult."""

    id: str
    name: str
    arguments: Entry
    content: str | list[Entry]
    detail: Any = None
    is_error: bool | None = None
    is_rejected: bool = False
    seconds: float = 0.4
    web_searches: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    # Bodies of progress entries between call and result, and meta text that follows the result.
    progress: tuple[Entry, ...] = ()
    meta_text: str | None = None


@dataclass(frozen=True)
class Reply:
    """What the model says, thinks and calls in one message."""

    text: str | None = None
    thinking: str | None = None
    calls: tuple[Call, ...] = ()
    # Searches the API made by itself: no call shows them, only the usage.
    server_searches: int = 0
    # A tool that was still running when the process was killed has no result.
    is_killed: bool = False


@dataclass(frozen=True)
class _Message:
    id: str
    request_id: str
    usage: Usage
    thinking_tokens: int
    stop_reason: str
    partial_rows: int
    searches: int = 0


def answer(transcript: Transcript, reply: Reply) -> None:
    """Write the rows of one API message and the results of its calls, and count them."""
    rng = transcript.rng
    blocks = _blocks(rng, reply)
    message = _plan(transcript, reply, len(blocks))
    for call in reply.calls:
        transcript.causes.call(call.name)
    causes = replace(transcript.causes)
    transcript.wait(1.5, 9)
    first_at = transcript.at
    # Results sometimes stand between the rows of one message.
    is_interleaved = len(reply.calls) > 1 and rng.random() < _INTERLEAVED_SHARE
    calls = {call.id: call for call in reply.calls}
    for index, block in enumerate(blocks):
        row = _row(transcript, message, block, index, causes)
        if is_interleaved and block.get("id") in calls:
            _result(transcript, calls.pop(block["id"]), row["uuid"])
    _count(transcript, message, reply, first_at, len(blocks), causes)
    if not reply.is_killed:
        for call in calls.values():
            _result(transcript, call, transcript.parent)


def _blocks(rng: Random, reply: Reply) -> list[Entry]:
    blocks: list[Entry] = []
    if reply.thinking is not None:
        blocks.append(
            {"type": "thinking", "thinking": reply.thinking, "signature": token(rng, "Eq") * 8}
        )
    if reply.text is not None:
        blocks.append({"type": "text", "text": reply.text})
    return blocks + [_tool_use(call) for call in reply.calls]


def _tool_use(call: Call) -> Entry:
    return {
        "type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments,
        "caller": {"type": "direct"},
    }  # fmt: skip


def _plan(transcript: Transcript, reply: Reply, rows: int) -> _Message:
    rng = transcript.rng
    written = len(reply.text or "") + sum(len(str(call.arguments)) for call in reply.calls)
    thought = rng.randint(40, 900) if reply.thinking is not None else 0
    usage = transcript.next_usage(
        round(written / _CHARACTERS_PER_TOKEN) + thought + rng.randint(8, 40)
    )
    partial = rows - 1 if rng.random() < _PARTIAL_SHARE else 0
    if transcript.agent_id and rng.random() < _NEVER_FINAL_SHARE:
        partial = rows
    return _Message(
        token(rng, "msg_"), token(rng, "req_"), usage, thought,
        "tool_use" if reply.calls else "end_turn", partial, reply.server_searches,
    )  # fmt: skip


def _count(  # noqa: PLR0913  (what a response comes to)
    transcript: Transcript, message: _Message, reply: Reply, at: datetime, rows: int, causes: Causes
) -> None:
    shown = message.usage
    if message.partial_rows >= rows:
        shown = replace(shown, output=_partial_output(rows - 1))
    client_searches = sum(call.web_searches for call in reply.calls)
    transcript.spend(shown, at, message.searches or client_searches, causes)
    for call in reply.calls:
        transcript.ledger.tool_call(call.name)


def _partial_output(index: int) -> int:
    return 2 + index * 3


def _row(
    transcript: Transcript, message: _Message, block: Entry, index: int, causes: Causes
) -> Entry:
    is_final = index >= message.partial_rows
    if index:
        transcript.wait(0.2, 2.5)
    body = {
        "message": {
            "model": transcript.model, "id": message.id, "type": "message", "role": "assistant",
            "content": [block], "container": None,
            "stop_reason": message.stop_reason if is_final else None, "stop_sequence": None,
            "stop_details": None,
            "usage": final_usage(message) if is_final else partial_usage(message.usage,
            _partial_output(index)),
            "context_management": None,
        },
        "apiBlockIndex": index,
        "requestId": message.request_id,
    }  # fmt: skip
    return transcript.record("assistant", body, causes.fields(transcript.model))


def partial_usage(usage: Usage, output: int) -> Entry:
    """Usage as the first rows of a streamed message show it."""
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write_5m + usage.cache_write_1h,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": _cache_creation(usage),
        "output_tokens": output,
        "service_tier": "standard",
        "inference_geo": "not_available",
    }


def final_usage(message: _Message) -> Entry:
    usage = message.usage
    counts = {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write_5m + usage.cache_write_1h,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
    }
    return {
        **counts,
        "output_tokens_details": {"thinking_tokens": message.thinking_tokens},
        "server_tool_use": {"web_search_requests": message.searches, "web_fetch_requests": 0},
        "service_tier": "standard",
        "cache_creation": _cache_creation(usage),
        "inference_geo": "not_available",
        "iterations": [{**counts, "cache_creation": _cache_creation(usage), "type": "message"}],
        "speed": "standard",
    }


def _cache_creation(usage: Usage) -> Entry:
    return {
        "ephemeral_1h_input_tokens": usage.cache_write_1h,
        "ephemeral_5m_input_tokens": usage.cache_write_5m,
    }


def _result(transcript: Transcript, call: Call, source: str | None) -> None:
    """The user row that answers a call, after its progress rows."""
    for data in call.progress:
        transcript.wait(0.1, 0.4)
        transcript.record(
            "progress", {"data": data, "toolUseID": call.id, "parentToolUseID": call.id}
        )
    transcript.wait(call.seconds, call.seconds * 1.3 + 0.05)
    flag = {} if call.is_error is None else {"is_error": call.is_error}
    block = {"tool_use_id": call.id, "type": "tool_result", "content": call.content, **flag}
    # Subagents' files mostly lack toolUseResult; edits keep it, so that their lines can be counted.
    is_shown = call.detail is not None and (transcript.agent_id is None or call.lines_added > 0)
    detail = {"toolUseResult": call.detail} if is_shown else {}
    transcript.record(
        "user",
        {"promptId": transcript.prompt_id, "message": {"role": "user", "content": [block]}},
        {**detail, "sourceToolAssistantUUID": source},
    )
    if call.meta_text is not None:
        text = [{"type": "text", "text": call.meta_text}]
        transcript.record(
            "user",
            {"message": {"role": "user", "content": text}},
            {"isMeta": True, "sourceToolUseID": call.id},
        )
    transcript.pending += min(
        _RESULT_TOKENS_MAX, round(len(str(call.content)) / _CHARACTERS_PER_TOKEN)
    )
    transcript.causes.answered(call.name)
    if call.name == "Skill":
        transcript.causes.load_skill(call.arguments["skill"])
    _count_result(transcript, call)


def _count_result(transcript: Transcript, call: Call) -> None:
    ledger = transcript.ledger
    ledger.tool_result(call.name, is_error=call.is_error is True, is_rejected=call.is_rejected)
    for position, (name, n) in enumerate(
        (("lines_added", call.lines_added), ("lines_removed", call.lines_removed))
    ):
        ledger.count(name, n)
        transcript.changed_lines[position] += n
