"""A gold file with the costs that budgets add up."""

from pathlib import Path

import duckdb
import pytest

from cca.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(cca_home=tmp_path / "home", budget_usd_month=0, _env_file=None)
    made.gold_dir.mkdir(parents=True)
    with duckdb.connect(str(made.gold_dir / "gold-1.duckdb")) as gold:
        gold.execute("""
            create schema marts;
            create table marts.dim_projects as
                select * from (values ('/home/me/atlas', '-home-me-atlas', '/home/me/atlas'))
                t(project_key, project_id, project_path);
            create table marts.dim_hosts as select 'laptop' as host;
            create table marts.fct_api_messages as select * from (values
                (date '2026-11-01', '/home/me/atlas', '-home-me-atlas', 'laptop', 10),
                (date '2026-11-22', '/home/me/atlas', '-home-me-atlas', 'laptop', 20),
                (date '2026-11-23', '/home/me/kestrel', '-home-me-kestrel', 'desktop', 3),
                (date '2026-11-25', '/home/me/atlas', '-home-me-atlas', 'desktop', 4),
                (date '2026-11-26', '/home/me/atlas', '-home-me-atlas', 'laptop', 100)
            ) t(day, project_key, project_id, host, cost);
            alter table marts.fct_api_messages add column cost_usd decimal(18, 10);
            update marts.fct_api_messages set cost_usd = cost;
        """)
    made.gold_path.symlink_to("gold-1.duckdb")
    return made
