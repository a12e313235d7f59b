"""Another engine builds the same marts from the same lake."""

import os
import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from benchmarks.spark import compare
from cca.demo.generate import generate
from cca.extract.window import resolve
from cca.mongo import archive
from cca.pipeline import Options, run
from cca.settings import PROJECT_DIR, Settings
from cca.sync_agent.agent import sync_once

SPARK = PROJECT_DIR / "deploy" / "spark"


@pytest.fixture
def spark_python() -> str:
    """Python of a venv with deploy/spark/requirements.txt, named by SPARK_PYTHON."""
    python = os.environ.get("SPARK_PYTHON", "")  # noqa: TID251
    if not python or not shutil.which("java"):
        pytest.skip(
            f"SPARK_PYTHON names no Python with {SPARK}/requirements.txt, or java is absent"
        )
    return python


@pytest.mark.long
@pytest.mark.timeout(900)
def test_spark_builds_the_same_rows_from_the_same_lake(
    settings: Settings, tmp_path: Path, spark_python: str
):
    shutil.rmtree(settings.claude_dir)
    generate(Path(settings.claude_dir).parent, sessions=8, seed=5, until=date(2026, 11, 20))
    # What status lines recorded: the marts of limits are made of it.
    shutil.copytree(tmp_path / "statusline-spool", settings.cca_home / "statusline-spool")
    sync_once(settings, settings.mongo_uri)
    with archive.connect(settings.mongo_uri) as client:
        # One that becomes a reject, or `agg_rejects` would have no rows to compare.
        odd = {"_id": "odd", "rawLine": "{", "ingestedAt": datetime(2026, 11, 20, tzinfo=UTC)}
        archive.conversations(client, settings).insert_one(odd)
    everything = resolve(since=None, until=None, full_backfill=False)
    run(settings, settings.mongo_uri, Options(everything))
    out = tmp_path / "spark"
    command = [spark_python, str(SPARK / "build.py"), str(settings.lake_dir), str(out)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    compared = compare(settings.gold_path, out)
    assert len(compared) >= 25
    assert [mart.name for mart in compared if not mart.rows] == []
    assert [mart for mart in compared if mart.differing] == []
