"""Fixtures all tests share: a real MongoDB, settings in a temporary home, the real transcripts."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection

from cca.mongo import archive
from cca.mongo.server import serving_mongo
from cca.settings import PROJECT_DIR, Settings

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--no-pings",
    "--disable-domain-reliability", "--disable-features=OptimizationHints,MediaRouter,Translate",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _same_umask() -> Iterator[None]:
    """Commands run in the test's process close the umask: the next test finds its own again."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded MongoDB for the whole test session."""
    home = tmp_path_factory.mktemp("mongo-home")
    with serving_mongo(Settings(cca_home=home, mongo_uri="", _env_file=None)) as uri:
        yield uri


@pytest.fixture
def settings(tmp_path: Path, mongo_uri: str) -> Settings:
    """Settings of a fresh home with a database of its own and an empty CLAUDE_DIR."""
    projects = tmp_path / "projects"
    projects.mkdir()
    return Settings(
        cca_home=tmp_path / "home",
        claude_dir=str(projects),
        mongo_uri=mongo_uri,
        mongo_db=f"test_{uuid.uuid4().hex}",
        cca_host="test-host",
        _env_file=None,
    )


@pytest.fixture
def collection(settings: Settings) -> Iterator[Collection[archive.Document]]:
    """The conversations collection of `settings`, dropped with its database afterwards."""
    with archive.connect(settings.mongo_uri) as client:
        yield archive.conversations(client, settings)
        client.drop_database(settings.mongo_db)


@pytest.fixture(scope="session")
def shared_transcripts() -> Path:
    """Real and adversarial transcripts, kept beside the repository under their own licences."""
    path = PROJECT_DIR.parent / "shared" / "transcripts"
    if not path.is_dir():
        pytest.skip("../shared is absent: it holds transcripts that may not be copied here")
    return path


@pytest.fixture(scope="session")
def field_reports(shared_transcripts: Path) -> Path:
    """Cases that users of such tools reported, a folder each, with their right values."""
    path = shared_transcripts / "field-reports"
    if not path.is_dir():
        pytest.skip(f"{path} is absent: it holds the reported cases")
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the whole session: playwright can be opened once in a thread."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is absent: `apt-get install chromium` brings it")
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415  (after the skip)

    # A loaded machine takes its time; only a failure waits so long.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
