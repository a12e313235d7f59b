"""Gold in Postgres: the same rows, all at once, and what readers made of them stays."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from cca.demo.generate import generate
from cca.errors import ServiceDown, SettingError
from cca.extras import GOLD_POSTGRES
from cca.gold import state
from cca.locks import held
from cca.publish.copying import load_extension
from cca.publish.gold import publish
from cca.publish.postgres import copy_gold, copy_newest, is_due
from cca.settings import Settings
from cca.transform.build import transform
from cca.waiting import wait_until
from tests.dbt.rows import build_settings, write_raw
from tests.dbt.transcripts import rows_of_transcripts
from tests.deploy.databases import PASSWORD, postgres, program, rows_of

HAS_EXTENSION = find_spec("duckdb_extension_postgres_scanner") is not None
needs_extension = pytest.mark.skipif(not HAS_EXTENSION, reason="install the extra gold-postgres")
COUNTS = "select (select count(*) from marts.dim_hosts), (select count(*) from marts.fct_prompts)"
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"

Shop = tuple[Settings, Path]


@pytest.mark.skipif(HAS_EXTENSION, reason="DuckDB's postgres extension is installed")
def test_the_message_says_how_to_get_a_missing_extension(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, gold_postgres_uri="postgresql://ada:secret@127.0.0.1/x")
    with pytest.raises(SettingError, match=r"pip install .*\[gold-postgres\]"):
        copy_gold(settings, tmp_path / "gold-1.duckdb")


def test_a_copy_is_due_until_that_postgres_has_what_is_published(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, cca_home=tmp_path)
    named = settings.model_copy(update={"gold_postgres_uri": "postgresql://127.0.0.1:9/x"})
    assert not is_due(named)
    settings.gold_dir.mkdir()
    (settings.gold_dir / "gold-1.duckdb").touch()
    settings.gold_path.symlink_to("gold-1.duckdb")
    assert not is_due(settings)
    assert is_due(named)
    with pytest.raises((ServiceDown, SettingError)):
        copy_newest(named)
    assert is_due(named)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Settings that publish to a Postgres, and the gold file that was published there."""
    home = tmp_path_factory.mktemp("postgres")
    generate(home / "sample", sessions=8, seed=5, until=date(2026, 11, 20))
    with postgres("cca") as address:
        settings = build_settings(home, gold_postgres_uri=address)
        write_raw(settings, *rows_of_transcripts(home / "sample" / "projects"))
        transform(settings)
        gold = publish(settings)
        assert not is_due(settings)
        assert is_due(settings.model_copy(update={"gold_postgres_uri": f"{address}?x=1"}))
        yield settings, gold


@pytest.fixture
def doubled(shop: Shop, tmp_path: Path) -> Path:
    """The same gold file with every host and prompt twice, as a later one."""
    path = tmp_path / "gold-2.duckdb"
    path.write_bytes(shop[1].read_bytes())
    with duckdb.connect(str(path)) as gold:
        for name in ("dim_hosts", "fct_prompts"):
            gold.execute(f"insert into marts.{name} from marts.{name}")
    return path


@needs_extension
@pytest.mark.long
@pytest.mark.timeout(600)
class TestCopies:
    def test_every_mart_has_the_same_rows_and_says_what_it_means(self, shop: Shop) -> None:
        settings, gold = shop
        copy_gold(settings, gold)
        with duckdb.connect(str(gold), read_only=True) as connection:
            load_extension(connection, GOLD_POSTGRES, "postgres", "GOLD_POSTGRES_URI")
            address = settings.gold_postgres_uri
            connection.execute(f"attach '{address}' as readers (type postgres, read_only)")
            found = connection.execute(
                "select distinct table_name, comment from duckdb_tables() "
                "where schema_name = 'marts' and comment is not null"
            ).fetchall()
            differing = [name for name, _ in found if _differs(connection, name)]
        assert len(found) >= 28
        assert differing == []
        said = "select obj_description(oid) from pg_class where relname = 'agg_rejects'"
        assert rows_of(settings.gold_postgres_uri, said)[0][0] == dict(found)["agg_rejects"]

    def test_readers_see_the_old_rows_until_all_of_the_new_ones_are_there(
        self, shop: Shop, doubled: Path
    ) -> None:
        settings, gold = shop
        address = settings.gold_postgres_uri
        copy_gold(settings, gold)
        ((hosts, prompts),) = rows_of(address, COUNTS)
        with ThreadPoolExecutor() as pool, _locked(address, "marts.fct_prompts"):
            copying = pool.submit(copy_gold, settings, doubled)
            # The hosts, which come first, are replaced by now.
            assert wait_until(lambda: rows_of(address, WAITING) == [["1"]], 60)
            assert rows_of(address, COUNTS) == [[hosts, prompts]]
            assert not copying.done()
        assert copying.result() >= 28
        assert rows_of(address, COUNTS) == [[str(2 * int(hosts)), str(2 * int(prompts))]]

    def test_what_readers_made_stays_and_a_changed_mart_is_made_anew(
        self, shop: Shop, doubled: Path
    ) -> None:
        settings, gold = shop
        address = settings.gold_postgres_uri
        copy_gold(settings, gold)
        rows_of(address, "create view mine as select count(*) as n from marts.dim_hosts")
        with duckdb.connect(str(doubled)) as changed:
            changed.execute("alter table marts.fct_prompts add column mood varchar default 'good'")
        copy_gold(settings, doubled)
        assert rows_of(address, "select n from mine") == [["2"]]
        assert rows_of(address, "select distinct mood from marts.fct_prompts") == [["good"]]
        with duckdb.connect(str(doubled)) as changed:
            changed.execute("alter table marts.dim_hosts add column mood varchar")
            changed.execute("delete from marts.agg_billing_blocks")
        with pytest.raises(ServiceDown, match="view mine depends on table"):
            copy_gold(settings, doubled)
        # It comes first, and is back with the rest.
        assert rows_of(address, "select count(*) > 0 from marts.agg_billing_blocks") == [["t"]]
        rows_of(address, "drop view mine")

    def test_a_removed_mart_leaves_and_a_table_of_the_readers_stays(self, shop: Shop) -> None:
        settings, _ = shop
        address = settings.gold_postgres_uri
        copy_newest(settings)
        ((where, copied),) = state.read(settings).postgres_tables.items()
        assert len(copied) >= 28
        for name in ("agg_old", "theirs"):
            rows_of(address, f"create table marts.{name} as select 1 as n")
        state.update(settings, postgres_tables={where: [*copied, "agg_old"]})
        copy_newest(settings)
        found = "select tablename from pg_tables where tablename in ('agg_old', 'theirs')"
        assert rows_of(address, found) == [["theirs"]]
        assert state.read(settings).postgres_tables == {where: copied}

    def test_a_slow_publish_copies_what_another_published_since(
        self, shop: Shop, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings, _ = shop
        before = settings.gold_path.resolve()
        newer = settings.gold_dir / "gold-99.duckdb"
        with ThreadPoolExecutor() as pool, caplog.at_level("INFO", "cca.publish.postgres"):
            with held(settings.gold_dir / "postgres.lock"):
                publishing = pool.submit(publish, settings)
                assert wait_until(lambda: settings.gold_path.resolve() != before, 60)
                published = settings.gold_path.resolve().rename(newer)
                settings.gold_path.unlink()
                settings.gold_path.symlink_to(published.name)
            assert publishing.result() != newer
        assert [record.args[1] for record in caplog.records] == [newer.name]

    def test_a_postgres_that_is_away_does_not_take_gold_back_and_keeps_its_password(
        self, shop: Shop
    ) -> None:
        settings, gold = shop
        away = settings.model_copy(
            update={"gold_postgres_uri": f"postgresql://cca:{PASSWORD}@127.0.0.1:9/cca"}
        )
        with pytest.raises(ServiceDown, match="is published, but was not copied") as raised:
            publish(away)
        assert PASSWORD not in str(raised.value)
        assert settings.gold_path.resolve() > gold


def _differs(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether one side has rows that the other lacks."""
    ours, theirs = f"from marts.{name}", f"from readers.marts.{name}"
    only = "select count(*) from ({} except all {})"
    pairs = ((ours, theirs), (theirs, ours))
    return any(connection.execute(only.format(*pair)).fetchall() != [(0,)] for pair in pairs)


@contextmanager
def _locked(address: str, table: str) -> Iterator[None]:
    """Another session keeps a table for itself."""
    command = [program("psql"), address, "-q", "-At"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) as session:
        assert session.stdin
        assert session.stdout
        session.stdin.write(f"begin; lock {table} in share mode; select 'held';\n")
        assert session.stdout.readline() == "held\n"
        yield
        session.stdin.close()
