"""All reported cases in one archive: read by the agent, extracted, built, published, indexed."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cca.extract.window import resolve
from cca.follow.rebuild import rebuild_lists, rebuild_search
from cca.gold.open import open_gold
from cca.pipeline import Options, run
from cca.search.searcher import Searcher
from cca.settings import Settings
from cca.sync_agent.once import SyncReport, sync_once


@dataclass(frozen=True)
class Reports:
    """Every case in one CCA_HOME; a case is known by its project folders."""

    folder: Path
    settings: Settings
    uri: str
    synced: SyncReport
    gold: duckdb.DuckDBPyConnection
    searcher: Searcher

    def expected(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / name / "expected.json").read_text())
        return found

    def slugs(self, name: str) -> list[str]:
        return sorted(path.name for path in (self.folder / name / "projects").iterdir())

    def rows(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over gold; `$slugs` are the projects of the case."""
        return self.gold.execute(sql, {"slugs": self.slugs(name)}).fetchall()

    def one(self, name: str, sql: str) -> Any:
        return self.rows(name, sql)[0][0]


@pytest.fixture(scope="session")
def reports(
    field_reports: Path, tmp_path_factory: pytest.TempPathFactory, mongo_uri: str
) -> Iterator[Reports]:
    home = tmp_path_factory.mktemp("field-reports")
    projects = home / "claude" / "projects"
    for case in filter(Path.is_dir, sorted(field_reports.glob("*/projects/*"))):
        shutil.copytree(case, projects / case.name, symlinks=True, dirs_exist_ok=True)
    settings = Settings(
        cca_home=home / "cca", claude_dir=str(projects), mongo_uri=mongo_uri,
        mongo_db="field_reports", cca_host="test-host", _env_file=None,
    )  # fmt: skip
    synced = sync_once(settings, mongo_uri)
    run(settings, mongo_uri, Options(resolve()))
    rebuild_search(settings, mongo_uri)
    rebuild_lists(settings, mongo_uri)
    with open_gold(settings.gold_path) as gold:
        yield Reports(
            field_reports, settings, mongo_uri, synced, gold, Searcher(settings, mongo_uri)
        )


@pytest.fixture(scope="session")
def find(reports: Reports) -> Callable[[str, str], int]:
    """How many hits a query has in the projects of a case, beside those in titles."""

    def count(name: str, text: str) -> int:
        only = " ".join(f'project:"{slug}"' for slug in reports.slugs(name))
        return int(reports.searcher.search(f"{text} {only} -kind:title").total)

    return count
