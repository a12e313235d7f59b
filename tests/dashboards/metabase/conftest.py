"""A gold file of sample conversations, built once by the whole pipeline."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cca import pipeline
from cca.demo.generate import generate
from cca.extract.window import resolve
from cca.home import SPOOL_NAME
from cca.mongo import archive
from cca.settings import Settings
from cca.sync_agent.agent import sync_once
from tests.dashboards.metabase.fake_metabase import EMAIL, PASSWORD, FakeMetabase, serving


@pytest.fixture(scope="session")
def gold_home(tmp_path_factory: pytest.TempPathFactory, mongo_uri: str) -> Settings:
    """Sample conversations, one document that cannot be read, one model without a price."""
    home = tmp_path_factory.mktemp("metabase-gold")
    generate(home / "sample", sessions=12, seed=3)
    shutil.copytree(home / "sample" / SPOOL_NAME, home / "home" / SPOOL_NAME)
    _unknown_model(home / "sample" / "projects" / "-home-mara-work-infra-live")
    settings = Settings(
        cca_home=home / "home",
        claude_dir=str(home / "sample" / "projects"),
        mongo_uri=mongo_uri,
        mongo_db="test_metabase",
        cca_host="laptop",
        _env_file=None,
    )
    sync_once(settings, mongo_uri)
    with archive.connect(mongo_uri) as client:
        archive.conversations(client, settings).insert_one(
            {"_id": "odd", "rawLine": "{", "ingestedAt": datetime.now(UTC)}
        )
        options = pipeline.Options(resolve(since=None, until=None, full_backfill=False))
        pipeline.run(settings, mongo_uri, options)
        client.drop_database(settings.mongo_db)
    return settings


def _unknown_model(project: Path) -> None:
    project.mkdir(parents=True, exist_ok=True)
    (project / "00000000-0000-4000-8000-00000000000a.jsonl").write_text(
        '{"type":"assistant","uuid":"u1","timestamp":"2026-11-01T10:00:00Z","version":"2.0.0",'
        '"message":{"id":"msg_1","role":"assistant","model":"claude-unheard-of-9",'
        '"content":[{"type":"text","text":"hello"}],'
        '"usage":{"input_tokens":5,"output_tokens":7}}}\n'
    )


@pytest.fixture
def fake() -> FakeMetabase:
    return FakeMetabase()


@pytest.fixture
def site(fake: FakeMetabase, gold_home: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a home with that gold file, for a new Metabase."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "gold").symlink_to(gold_home.gold_dir)
    with serving(fake) as url:
        yield Settings(
            cca_home=home,
            metabase_url=url,
            metabase_email=EMAIL,
            metabase_password=PASSWORD,
            browser_port=3456,
            _env_file=None,
        )
