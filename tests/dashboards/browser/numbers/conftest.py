"""Marts that dbt built once for all tests, published in a home for each."""

import json
from pathlib import Path
from typing import Any

import pytest

from cca.demo.generate import generate
from cca.locks import held
from cca.settings import Settings
from cca.transform.build import transform
from tests.dashboards.browser.numbers.figures import EVIL, LAST, TALK, publish
from tests.dbt.rows import build_settings, write_raw
from tests.dbt.transcripts import rows_of_limits, rows_of_transcripts


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> tuple[Path, dict[str, Any]]:
    """A warehouse of real marts, and the totals counted while its transcripts were made.

    The workers of a run share it: the first that needs it builds it.
    """
    base = tmp_path_factory.getbasetemp()
    home = (base if worker_id == "master" else base.parent) / "numbers"
    told = home / "truth.json"
    with held(home.with_suffix(".lock")):
        settings = build_settings(home)
        if not told.exists():
            truth = generate(home / "sample", sessions=8, seed=3, until=LAST).as_json()
            limits = rows_of_limits(home / "sample")
            write_raw(settings, *rows_of_transcripts(home / "sample" / "projects"), limits)
            transform(settings)
            told.write_text(json.dumps(truth["totals"]))
    return settings.warehouse_path, json.loads(told.read_text())


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(
        cca_home=tmp_path,
        mongo_uri="mongodb://127.0.0.1:9",
        health_port=9,
        budget_usd_month=0,
        _env_file=None,
    )


@pytest.fixture
def published(home: Settings, built: tuple[Path, dict[str, Any]]) -> Settings:
    publish(home, built[0])
    return home


@pytest.fixture(scope="module")
def site(run_site: Any, built: tuple[Path, dict[str, Any]]) -> Any:
    evil = f"""
        update marts.dim_sessions set title = '{EVIL}' where true;
        update marts.fct_file_operations set session_id = '{TALK}', tool_use_id = 'toolu_diff',
            file_path = '/home/ada/atlas/shop.py', operation = 'edit', lines_added = 2
        where tool_use_id = (select min(tool_use_id) from marts.fct_file_operations)"""
    return run_site(prepare=lambda settings: publish(settings, built[0], evil))
