"""Gold of the sample conversations, built once by dbt."""

from datetime import date
from pathlib import Path

import pytest

from cca.demo.generate import generate
from cca.settings import Settings
from cca.transform.build import transform
from tests.dbt.rows import build_settings, write_raw
from tests.dbt.transcripts import rows_of_limits, rows_of_transcripts

LAST = date(2026, 11, 20)


@pytest.fixture(scope="session")
def demo_gold(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home whose gold file is the warehouse that dbt made of the sample."""
    home: Path = tmp_path_factory.mktemp("measures")
    generate(home / "sample", sessions=16, seed=3, until=LAST)
    settings = build_settings(home, timezone="America/New_York")
    limits = rows_of_limits(home / "sample")
    write_raw(settings, *rows_of_transcripts(home / "sample" / "projects"), limits)
    transform(settings)
    settings.gold_dir.mkdir(parents=True, exist_ok=True)
    settings.gold_path.symlink_to(settings.warehouse_path)
    return settings
