"""Fixtures all tests share: a real MongoDB, settings in a temporary home, the real transcripts."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo.collection import Collection

from include import archive
from include.embedded.mongod import serving_mongo
from include.settings import PROJECT_DIR, Settings


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real one-node replica set for the whole test session."""
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
