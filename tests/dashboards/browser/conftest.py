"""A real server over a real MongoDB, and one real Chromium for the whole session."""

import asyncio
import base64
import itertools
import shutil
import socket
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include import archive
from include.settings import Settings

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--no-pings",
    "--disable-domain-reliability", "--disable-features=OptimizationHints,MediaRouter,Translate",
]  # fmt: skip
START = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d494844520000000100000001080600000 01f15c489".replace(" ", "")
        + "0000000d49444154789c6360f8cfc0f01f00050001ffa5f6c6ae0000000049454e44ae426082"
    )
).decode()


@dataclass
class Story:
    """Writes one session's documents the way the sync agent stores them."""

    session: str
    project: str = "-home-ada-atlas"
    cwd: str = "/home/ada/atlas"
    at: datetime = START
    title: str = ""
    branch: str = "main"
    documents: list[dict[str, Any]] = field(default_factory=list)
    _count: Iterator[int] = field(default_factory=itertools.count)

    def add(
        self, entry: dict[str, Any], *, agent: str = "", generation: int = 0, after: float = 4.0
    ) -> str:
        """Stores an entry `after` seconds after the last one; its document id."""
        number = next(self._count)
        self.at += timedelta(seconds=after)
        entry = {
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.session}{number}")),
            "timestamp": self.at.isoformat().replace("+00:00", "Z"),
            "sessionId": self.session,
            "cwd": self.cwd,
            **({"agentId": agent, "isSidechain": True} if agent else {}),
            **entry,
        }
        document = {
            "_id": uuid.uuid5(uuid.NAMESPACE_URL, f"{self.session}{number}{generation}").hex,
            "stream": f"{self.session}/agent-{agent}" if agent else self.session,
            "generation": generation,
            "sourceOffset": number * 1000,
            "projectId": self.project,
            "sessionKey": self.session,
            "sourceFile": f"{self.project}/{self.session}.jsonl",
            "host": "test-host",
            "eventAt": self.at,
            "ingestedAt": self.at,
            "preview": "",
        }
        self.documents.append({**entry, **document})
        return str(document["_id"])

    def prompt(self, content: Any, **given: Any) -> str:
        entry = {"type": "user", "message": {"role": "user", "content": content}}
        return self.add({**entry, **given.pop("entry", {})}, **given)

    def says(self, *blocks: Any, message: str = "", **given: Any) -> str:
        content = [{"type": "text", "text": b} if isinstance(b, str) else b for b in blocks]
        return self.add(
            {
                "type": "assistant",
                "message": {
                    "id": message or f"msg_{uuid.uuid4().hex}",
                    "role": "assistant",
                    "model": "claude-opus-4-8",
                    "content": content,
                },
            },
            **given,
        )

    def calls(
        self, name: str, given: dict[str, Any], result: Any, *, use: str = "", error: bool = False,
        took: float = 2.0, facts: Any = None, **rest: Any,
    ) -> tuple[str, str]:  # fmt: skip
        """A tool call and its result; their two document ids."""
        use = use or f"toolu_{uuid.uuid4().hex[:20]}"
        call = {"type": "tool_use", "id": use, "name": name, "input": given}
        block = {"type": "tool_result", "tool_use_id": use, "content": result}
        asked = self.says(call, **rest)
        entry = {"toolUseResult": facts} if facts is not None else {}
        answer = self.prompt(
            [{**block, "is_error": True} if error else block], entry=entry, after=took, **rest
        )
        return asked, answer

    def rollup(self) -> dict[str, Any]:
        """The session's row, as the follower would write it."""
        blocks = [
            block
            for document in self.documents
            for block in _blocks(document)
            if isinstance(block, dict)
        ]
        kinds = [document.get("type") for document in self.documents]
        return {
            "_id": self.session,
            "projectId": self.project,
            "host": "test-host",
            "cwd": self.cwd,
            "title": self.title,
            "firstPrompt": "",
            "startedAt": self.documents[0]["eventAt"],
            "endedAt": self.documents[-1]["eventAt"],
            "updatedAt": self.documents[-1]["eventAt"],
            "entries": len(self.documents),
            "prompts": 1,
            "userMessages": kinds.count("user"),
            "assistantMessages": kinds.count("assistant"),
            "toolCalls": sum(block.get("type") == "tool_use" for block in blocks),
            "toolErrors": sum(bool(block.get("is_error")) for block in blocks),
            "subagents": len({d["stream"] for d in self.documents}) - 1,
            "models": ["claude-opus-4-8"],
            "branches": [self.branch],
            "tools": sorted({b["name"] for b in blocks if b.get("type") == "tool_use"}),
            "isSpoken": True,
        }


def _blocks(document: dict[str, Any]) -> list[Any]:
    content = (document.get("message") or {}).get("content")
    return content if isinstance(content, list) else []


def store(settings: Settings, stories: list[Story]) -> None:
    """Documents and rollups of the stories."""
    with archive.connect(settings.mongo_uri) as client:
        database = archive.database(client, settings)
        for story in stories:
            archive.conversations(client, settings).insert_many(story.documents)
            database["sessions"].insert_one(story.rollup())
            for document in story.documents:
                role = document.get("type")
                if role in {"user", "assistant"}:
                    hour = document["eventAt"].replace(minute=0, second=0, microsecond=0)
                    database["activity"].update_one(
                        {"_id": f"{story.project}|{hour.isoformat()}|{role}"},
                        {
                            "$inc": {"count": 1},
                            "$set": {"projectId": story.project, "hour": hour, "role": role},
                        },
                        upsert=True,
                    )
        archive.conversations(client, settings).create_index(
            [("sessionKey", 1), ("stream", 1), ("generation", 1), ("sourceOffset", 1)]
        )


@pytest.fixture(scope="session")
def new_story() -> type[Story]:
    return Story


@pytest.fixture(scope="session")
def pixel() -> str:
    return PIXEL


@pytest.fixture
def keep(settings: Settings) -> Iterator[Callable[..., Settings]]:
    """Stores stories in the test's own database."""

    def kept(*stories: Story) -> Settings:
        store(settings, list(stories))
        return settings

    yield kept
    with archive.connect(settings.mongo_uri) as client:
        client.drop_database(settings.mongo_db)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """A running browser and the settings it was started with."""

    settings: Settings
    url: str

    def store(self, *stories: Story) -> None:
        store(self.settings, list(stories))

    def index(self) -> None:
        """Puts a search index of all that was stored in use."""
        from include.search import home  # noqa: PLC0415  (tantivy, for these tests only)
        from include.search.index import Writer  # noqa: PLC0415

        made = home.create(self.settings.search_dir, "test")
        with archive.connect(self.settings.mongo_uri) as client, Writer(made) as writer:
            writer.add(archive.conversations(client, self.settings).find())
            writer.commit(None)
        home.put_in_use(self.settings.search_dir, made)


@pytest.fixture(scope="session")
def run_site(
    tmp_path_factory: pytest.TempPathFactory, mongo_uri: str
) -> Iterator[Callable[..., Site]]:
    """Starts servers on free ports, each with a database of its own; stops them at the end."""
    stops: list[Callable[[], None]] = []

    def run(
        uri: str = "", prepare: Callable[[Settings], None] = lambda _: None, **given: Any
    ) -> Site:
        settings = Settings(
            cca_home=tmp_path_factory.mktemp("browser-home"),
            mongo_uri=uri or mongo_uri,
            mongo_db=f"test_{uuid.uuid4().hex}",
            browser_port=free_port(),
            _env_file=None,
            **given,
        )
        prepare(settings)
        stops.append(_start(settings))
        return Site(settings, f"http://127.0.0.1:{settings.browser_port}")

    yield run
    for stop in stops:
        stop()


def _start(settings: Settings) -> Callable[[], None]:
    from dashboards.browser.server import build  # noqa: PLC0415  (Panel, for browser tests only)

    built: list[Any] = []
    failures: list[BaseException] = []

    def serve() -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        try:
            built.append(build(settings, settings.mongo_uri))
        except BaseException as error:
            failures.append(error)
            raise
        built[0].start()
        built[0].io_loop.start()
        built[0].stop()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not failures:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{settings.browser_port}/healthz", timeout=1)
            break
        except OSError:
            time.sleep(0.05)
    else:
        pytest.fail(f"the browser did not start: {failures}")

    def stop() -> None:
        built[0].io_loop.add_callback(built[0].io_loop.stop)
        thread.join(10)

    return stop


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is absent: `apt-get install chromium` brings it")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (after the skip)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens pages that fail the test on any console error, page error or foreign request."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def opened(url: str, **options: Any) -> Any:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = chromium.new_context(**options)
        context.set_default_timeout(5000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and troubles.append(f"console: {m.text}"))
        page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: (troubles.append("a script ran"), dialog.dismiss()))
        page.on("request", lambda request: troubles.extend(_foreign(request.url)))
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


def _foreign(url: str) -> list[str]:
    own = ("http://127.0.0.1:", "http://localhost:", "blob:http://127.0.0.1:", "ws://127.0.0.1:")
    return [] if url.startswith((*own, "data:")) else [f"foreign request: {url}"]
