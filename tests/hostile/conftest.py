"""All hostile cases in one home: read by the agent, built, published, indexed and listed once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from cca.extract.window import resolve
from cca.follow.rebuild import rebuild_lists, rebuild_search
from cca.gold.open import open_gold
from cca.mongo import archive
from cca.pipeline import Options, run
from cca.search.searcher import Searcher
from cca.settings import Settings
from cca.sync_agent.once import SyncReport, sync_once
from tests.hostile import agents, billed, content, places, said
from tests.hostile.case import Case

CASES = {
    make.__name__: make for part in (billed, said, content, places, agents) for make in part.CASES
}


@dataclass(frozen=True)
class Home:
    """Every case in one CCA_HOME; a case is known by its project folder."""

    settings: Settings
    uri: str
    cases: dict[str, Case]
    synced: SyncReport
    gold: duckdb.DuckDBPyConnection
    archive: Any
    searcher: Searcher

    def rows(self, case: Case, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over gold; `$slug` is the folder of the case."""
        return self.gold.execute(sql, {"slug": case.slug}).fetchall()

    def one(self, case: Case, sql: str) -> Any:
        return self.rows(case, sql)[0][0]

    def listed(self, case: Case) -> list[dict[str, Any]]:
        """The rows of the browser's list."""
        return list(self.archive[archive.SESSIONS].find({"projectId": case.slug}))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, mongo_uri: str) -> Iterator[Home]:
    # Its own path is one that quotes, percent signs and other letters are easily lost in.
    folder = tmp_path_factory.mktemp("hostile") / 'it\'s 100%20 "é設" & ; $x'
    cases = {name: make() for name, make in CASES.items()}
    for case in cases.values():
        case.write(folder / "claude" / "projects")
    settings = Settings(
        cca_home=folder / "cca", claude_dir=str(folder / "claude" / "projects"),
        mongo_uri=mongo_uri, mongo_db="hostile", cca_host="test-host", _env_file=None,
    )  # fmt: skip
    synced = sync_once(settings, mongo_uri)
    run(settings, mongo_uri, Options(resolve()))
    rebuild_search(settings, mongo_uri)
    rebuild_lists(settings, mongo_uri)
    with archive.connect(mongo_uri) as client, open_gold(settings.gold_path) as gold:
        yield Home(
            settings, mongo_uri, cases, synced, gold, client["hostile"],
            Searcher(settings, mongo_uri),
        )  # fmt: skip
        client.drop_database("hostile")
