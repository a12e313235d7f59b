"""MetricFlow, which is no requirement of ours, takes the metrics and gives the measures' values."""

import csv
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest

from cca.demo.generate import generate
from cca.gold.measures import MEASURES, semantic
from cca.gold.measures.select import select
from cca.settings import PROJECT_DIR
from cca.transform.build import transform
from tests.dbt.metric_examples import examples
from tests.dbt.rows import build_settings, write_raw
from tests.dbt.transcripts import rows_of_transcripts

pytestmark = pytest.mark.long
_PACKAGES = (
    "dbt-metricflow[dbt-duckdb]>=0.11",
    *(f"{n}=={version(n)}" for n in ("dbt-core", "dbt-duckdb")),
)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv's bin folder with `dbt` and `mf`, apart from ours."""
    venv = tmp_path_factory.mktemp("metricflow") / "venv"
    uv = [str(Path(sys.executable).with_name("uv"))]
    python = str(venv / "bin" / "python")
    for command in (
        [*uv, "venv", "--quiet", "--python", sys.executable, str(venv)],
        [*uv, "pip", "install", "--quiet", "--python", python, *_PACKAGES],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"MetricFlow cannot be installed: {done.stderr.strip()[-300:]}")
    return venv / "bin"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A copy of the dbt project, where MetricFlow may write, and a built warehouse."""
    home = tmp_path_factory.mktemp("metrics")
    generate(home / "sample", sessions=8, seed=3)
    settings = build_settings(home)
    write_raw(settings, *rows_of_transcripts(home / "sample" / "projects"))
    transform(settings)
    ignored = shutil.ignore_patterns("target", "logs")
    return shutil.copytree(
        PROJECT_DIR / "dbt", home / "project", ignore=ignored
    ), settings.warehouse_path


def run(programs: Path, project: tuple[Path, Path], *command: str) -> str:
    folder, warehouse = project
    environment = {
        "DUCKDB_PATH": str(warehouse), "DBT_PROFILES_DIR": str(folder), "HOME": str(folder),
        "PATH": f"{programs}:/usr/bin:/bin", "LANG": "C.UTF-8",
    }  # fmt: skip
    done = subprocess.run(
        [str(programs / command[0]), *command[1:]], cwd=folder, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout


def test_every_metric_is_valid_and_gives_its_measure(
    programs: Path, project: tuple[Path, Path]
) -> None:
    folder, warehouse = project
    names = [name for name, each in MEASURES.items() if each.table not in semantic.WITHOUT_TIME]
    run(programs, project, "dbt", "--quiet", "parse")
    checked = run(programs, project, "mf", "validate-configs", "--skip-dw")
    assert "ERRORS: 0, FUTURE_ERRORS: 0" in checked
    asked = ("--metrics", ",".join(names), "--decimals", "9", "--csv", "out.csv")
    run(programs, project, "mf", "query", *asked)
    found = next(csv.DictReader((folder / "out.csv").open()))
    with duckdb.connect(str(warehouse), read_only=True) as gold:
        for name in names:
            [(value,)] = gold.execute(select([MEASURES[name]])).fetchall()
            assert float(found[name] or 0) == pytest.approx(float(value or 0), abs=1e-6), name


def test_the_documented_queries_run(programs: Path, project: tuple[Path, Path]) -> None:
    folder, _ = project
    run(programs, project, "dbt", "--quiet", "parse")
    written = 0
    for number, example in enumerate(examples()):
        out = f"example-{number}.csv"
        run(programs, project, "mf", *example.arguments, "--csv", out)
        # MetricFlow writes no file for no rows; this sample has no limits.
        if (folder / out).exists():
            [first] = (folder / out).read_text().splitlines()[:1]
            assert set(example.named("--metrics")) <= set(first.split(","))
            written += 1
    assert written >= len(examples()) - 1
