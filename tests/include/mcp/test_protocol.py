"""The server as clients reach it: the official package's client, by pipes and by HTTP."""

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import anyio
import httpx2
import pytest
from mcp import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from cca.errors import SettingError
from cca.mcp.asking import CALL_KEY
from cca.mcp.tokens import tokens_of
from cca.settings import PROJECT_DIR, child_environment
from tests.helpers import eventually, free_port
from tests.include.mcp.conftest import HOSTILE, HOSTILE_FOLDER, Home

LIST_BYTES = 8_192
COMMAND = [sys.executable, "-c", "from cca.cli import main; main()", "mcp"]


def environment(home: Home, **more: str) -> dict[str, str]:
    return child_environment(home.settings.as_environment() | more)


def in_a_thread(asking: Callable[..., Awaitable[Any]], *given: Any) -> Any:
    """Runs in a thread of its own: playwright keeps an event loop in that of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, asking, *given).result()


def by_pipes(
    home: Home, question: Callable[[ClientSession], Awaitable[Any]], *args: str, **more: str
) -> Any:
    async def asking() -> Any:
        server = StdioServerParameters(
            command=COMMAND[0], args=[*COMMAND[1:], *args], env=environment(home, **more),
            cwd=PROJECT_DIR,
        )  # fmt: skip
        async with (
            stdio_client(server) as (received, sent),
            ClientSession(received, sent) as session,
        ):
            await session.initialize()
            return await question(session)

    return in_a_thread(asking)


def test_a_client_finds_tools_that_only_read_in_a_short_list(home: Home) -> None:
    listed = by_pipes(home, lambda session: session.list_tools())
    text = listed.model_dump_json(by_alias=True, exclude_none=True)
    assert len(text.encode()) <= LIST_BYTES
    assert len(listed.tools) == 8
    for tool in listed.tools:
        assert tool.annotations.read_only_hint
        assert not tool.annotations.destructive_hint
        assert tool.output_schema["type"] == tool.input_schema["type"] == "object"


def test_an_answer_is_the_same_as_text_and_as_an_object(home: Home) -> None:
    answer = by_pipes(home, lambda session: session.call_tool("usage", {"by": "model"}))
    assert not answer.is_error
    assert json.loads(answer.content[0].text) == answer.structured_content
    assert (
        answer.structured_content["totals"]["api_messages"] == home.truth["totals"]["api_messages"]
    )


def test_errors_are_answers_that_say_what_to_do(home: Home) -> None:
    async def wrong(session: ClientSession) -> list[Any]:
        return [
            await session.call_tool("search", {}),
            await session.call_tool("nothing", {}),
            await session.call_tool("sql", {"statement": "drop table marts.dim_sessions"}),
        ]

    answers = by_pipes(home, wrong)
    assert all(answer.is_error for answer in answers)
    assert "query" in answers[0].content[0].text
    assert "schema" in answers[1].content[0].text


def test_the_environment_names_the_session_that_asks(home: Home) -> None:
    async def sessions(session: ClientSession) -> Any:
        return await session.call_tool("sessions", {"project": HOSTILE_FOLDER})

    shown = by_pipes(home, sessions).structured_content["rows"]
    assert [row["session"] for row in shown] == [HOSTILE]
    hidden = by_pipes(home, sessions, CLAUDE_CODE_SESSION_ID=HOSTILE).structured_content["rows"]
    assert hidden == []


def test_a_request_names_the_call_that_its_transcript_holds(home: Home) -> None:
    transcript = next(home.settings.claude_dirs[0].glob("*/*.jsonl"))
    at = transcript.stat()
    call = transcript.read_text().rstrip()[-60:]
    os.utime(transcript)
    try:
        answer = by_pipes(
            home, lambda session: session.call_tool("sessions", {}, meta={CALL_KEY: call})
        )
    finally:
        os.utime(transcript, (at.st_atime, at.st_mtime))
    listed = {row["session"] for row in answer.structured_content["rows"]}
    assert transcript.stem not in listed


def test_a_server_of_one_project_offers_no_sql(home: Home) -> None:
    listed = by_pipes(home, lambda session: session.list_tools(), "--project", HOSTILE_FOLDER)
    assert {"sql", "schema"} & {tool.name for tool in listed.tools} == set()


@contextmanager
def http_server(home: Home) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "--http"], cwd=PROJECT_DIR, env=environment(home, MCP_PORT=str(port)),
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}/mcp"
    try:
        eventually(lambda: _answers(address))
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: str) -> bool:
    try:
        httpx2.post(address, timeout=5)
    except httpx2.TransportError:
        return False
    return True


HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}  # fmt: skip


def test_by_http_only_tokens_and_own_names_are_answered(home: Home) -> None:
    tokens = tokens_of(home.settings)
    token = tokens.added("laptop")
    accepts = {"accept": "application/json, text/event-stream"}
    good = accepts | {"authorization": f"Bearer {token}"}
    with http_server(home) as address:

        def status(headers: dict[str, str]) -> int:
            return httpx2.post(address, json=HELLO, headers=headers, timeout=30).status_code

        assert status(good) == 200
        assert status(accepts) == 401
        assert status(accepts | {"authorization": "Bearer cca_wrong"}) == 401
        assert status(good | {"host": "evil.example.org"}) in {403, 421}
        assert status(good | {"origin": "https://evil.example.org"}) == 403
        tokens.added("laptop")
        assert status(good) == 401
    assert token not in tokens.names.path.read_text()
    assert tokens.names.path.stat().st_mode & 0o077 == 0


def test_a_client_asks_by_http(home: Home) -> None:
    token = tokens_of(home.settings).added("desk")

    async def asking(address: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as client,
            streamable_http_client(address, http_client=client) as streams,
            ClientSession(streams[0], streams[1]) as session,
        ):
            await session.initialize()
            return await session.call_tool("search", {"query": "zebrafish"})

    with http_server(home) as address:
        answer = in_a_thread(asking, address)
    assert answer.structured_content["total"] == 1


def test_http_without_a_token_does_not_start(home: Home) -> None:
    for name in list(tokens_of(home.settings).read()):
        tokens_of(home.settings).remove(name)
    done = subprocess.run(
        [*COMMAND, "--http"], cwd=PROJECT_DIR, env=environment(home), capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "cca mcp token add" in done.stderr


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "../x"])
def test_names_of_tokens_are_plain(home: Home, name: str) -> None:
    with pytest.raises(SettingError, match="no name"):
        tokens_of(home.settings).added(name)
