"""`cca demo-data` on the command line."""

import json

from click.testing import CliRunner

from cca.cli import cca
from cca.errors import SettingError


def test_demo_data_writes_a_sample_and_says_what_it_holds(tmp_path):
    out = tmp_path / "sample"
    arguments = ["demo-data", "--out", str(out), "--sessions", "2", "--until", "2026-11-01"]
    done = CliRunner().invoke(cca, arguments, catch_exceptions=False)
    truth = json.loads((out / "truth.json").read_text())
    assert done.exit_code == 0
    assert f"2 sessions of {truth['totals']['projects']} projects" in done.output
    assert truth["totals"]["cost_usd"] in done.output
    assert truth["made_from"] == {"sessions": 2, "seed": 1, "until": "2026-11-01"}


def test_size_mb_chooses_the_number_of_sessions(tmp_path):
    out = tmp_path / "sample"
    CliRunner().invoke(cca, ["demo-data", "--out", str(out), "--size-mb", "3"])
    size_mb = sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e6
    assert 1 < size_mb < 9


def test_an_existing_sample_is_left_alone(tmp_path):
    (tmp_path / "projects").mkdir()
    done = CliRunner().invoke(cca, ["demo-data", "--out", str(tmp_path)])
    assert isinstance(done.exception, SettingError)
