"""The code version changes with every rule, and with nothing else."""

from pathlib import Path

import pytest

from cca.settings import Settings
from cca.transform import code_version as module
from cca.transform.code_version import code_version


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "dbt"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "a.sql").write_text("select 1 as one\n")
    return folder


def version(settings: Settings, project: Path) -> str:
    module._project_digest.cache_clear()
    return code_version(settings, project)


def test_rules_prices_and_time_zone_change_it_and_white_space_does_not(
    project: Path, tmp_path: Path
) -> None:
    settings = Settings(cca_home=tmp_path, _env_file=None)
    before = version(settings, project)
    (project / "models" / "a.sql").write_text("select 1\n    as one")
    (project / "target").mkdir()
    (project / "target" / "manifest.json").write_text("{}")
    assert version(settings, project) == before
    prices = tmp_path / "prices.csv"
    prices.write_text("model\n")
    others = {
        version(settings.model_copy(update={"timezone": "Asia/Kolkata"}), project),
        version(settings.model_copy(update={"prices_file": prices}), project),
    }
    (project / "models" / "a.sql").write_text("select 2 as one")
    others.add(version(settings, project))
    assert len(others | {before}) == 4
