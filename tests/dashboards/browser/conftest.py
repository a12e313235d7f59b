"""A real server over a real MongoDB, and one real Chromium for the whole session."""

import asyncio
import base64
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cca.mongo import archive
from cca.settings import Settings
from tests.dashboards.browser.story import Story, store
from tests.helpers import free_port

PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d494844520000000100000001080600000 01f15c489".replace(" ", "")
        + "0000000d49444154789c6360f8cfc0f01f00050001ffa5f6c6ae0000000049454e44ae426082"
    )
).decode()


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


@dataclass
class Site:
    """A running browser and the settings it was started with."""

    settings: Settings
    url: str
    stop: Callable[[], None]

    def restart(self) -> None:
        """Stops the server and starts it again where it was."""
        self.stop()
        self.stop = _start(self.settings)

    def store(self, *stories: Story) -> None:
        store(self.settings, list(stories))

    def index(self) -> None:
        """Puts a search index of all that was stored in use."""
        from cca.search import home  # noqa: PLC0415  (tantivy, for these tests only)
        from cca.search.index import Writer  # noqa: PLC0415

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
    sites: list[Site] = []

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
        url = f"http://127.0.0.1:{settings.browser_port}"
        sites.append(Site(settings, url, _start(settings)))
        return sites[-1]

    yield run
    for site in sites:
        site.stop()


def _start(settings: Settings) -> Callable[[], None]:
    from cca.dashboards.browser.server import build  # noqa: PLC0415  (Panel, for browser tests only)

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


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens pages that fail the test on any console error, page error or foreign request."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def opened(url: str, **options: Any) -> Any:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = chromium.new_context(**options)
        context.set_default_timeout(30_000)
        context.set_default_navigation_timeout(30_000)
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
