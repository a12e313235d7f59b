"""A gold file with the few columns that reports read."""

import shutil
from pathlib import Path

import duckdb
import pytest

from cca.settings import Settings

_CAUSES = (
    "skill", "plugin", "mcp_server", "mcp_tool", "agent_type", "command_name", "task_category",
    "git_branch", "pull_request", "effort", "version", "entrypoint", "user_name",
)  # fmt: skip


@pytest.fixture
def gold(tmp_path: Path, gold_file: Path) -> Settings:
    settings = Settings(cca_home=tmp_path / "home", _env_file=None)
    settings.gold_dir.mkdir(parents=True)
    shutil.copy(gold_file, settings.gold_dir / "gold-1.duckdb")
    settings.gold_path.symlink_to("gold-1.duckdb")
    return settings


@pytest.fixture(scope="session")
def gold_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: it takes longer than most tests of it."""
    made = tmp_path_factory.mktemp("usage") / "gold.duckdb"
    with duckdb.connect(str(made)) as connection:
        connection.execute("""
            create schema marts;
            create table marts.dim_projects as
                select * from (values ('/home/me/a', '-a', '/home/me/a'), ('-b', '-b', null))
                t(project_key, project_id, project_path);
            create table marts.dim_sessions as select * from (values
                ('s1', '-a', 'First [bold]title', timestamp '2026-11-01 10:00:00'),
                ('s2', '-b', null, timestamp '2026-11-09 10:00:00')
            ) t(session_id, project_id, title, started_at);
            alter table marts.dim_sessions add column project_key varchar;
            update marts.dim_sessions set project_key = if(project_id = '-a', '/home/me/a', '-b');
            create table marts.fct_api_messages as
            select *, 2::bigint as output_tokens, 3::bigint as cache_write_5m_tokens,
                4::bigint as cache_write_1h_tokens, 5::bigint as cache_read_tokens
            from (values
                ('s1', '-a', 'opus', date '2026-11-01', 100, 0.00000001::decimal(18, 10), true),
                ('s1', '-a', 'opus', date '2026-11-02', 10, 0.2::decimal(18, 10), true),
                ('s2', '-b', 'haiku', date '2026-11-09', 1, 0.1::decimal(18, 10), true),
                ('s2', '-b', 'new', date '2026-12-01', 1, 0::decimal(18, 10), false)
            ) t(session_id, project_id, model, day, input_tokens, cost_usd, is_price_known);
            alter table marts.fct_api_messages add column cost_usd_with_web_search decimal(18, 10);
            update marts.fct_api_messages set cost_usd_with_web_search = cost_usd + 0.01;
            alter table marts.fct_api_messages add column host varchar;
            update marts.fct_api_messages set host = if(session_id = 's1', 'laptop', 'desktop');
            create table marts.dim_hosts as select distinct host from marts.fct_api_messages;
            create table marts.dim_tools as
                select * from (values ('Read', 'file read'), ('Bash', 'shell'))
                t(tool_name, tool_category);
            create table marts.fct_tool_calls as select * from (values
                ('Read', '-a', date '2026-11-01', 'success', false, false, 100),
                ('Read', '-a', date '2026-11-02', 'error', true, false, 300),
                ('Read', '-b', date '2026-11-02', 'error', true, true, 200),
                ('Bash', '-b', date '2026-11-02', 'pending', false, false, null)
            ) t(tool_name, project_id, day, status, is_error, is_rejected, duration_ms);
            alter table marts.fct_tool_calls add column session_id varchar;
            update marts.fct_tool_calls set session_id = if(project_id = '-a', 's1', 's2');
            alter table marts.fct_tool_calls add column host varchar default 'laptop';
            alter table marts.fct_tool_calls add column is_failed boolean;
            update marts.fct_tool_calls set is_failed = is_error and not is_rejected;
            alter table marts.fct_tool_calls add column message_id varchar;
            update marts.fct_tool_calls set message_id = if(tool_name = 'Read', 'm-opus', 'm-new');
            alter table marts.fct_api_messages add column message_id varchar;
            update marts.fct_api_messages set message_id = 'm-' || model;
            alter table marts.fct_api_messages add column is_sidechain boolean;
            update marts.fct_api_messages set is_sidechain = model = 'haiku';
            create table marts.fct_pull_requests as
                select 'me/a#1' as pull_request, 'feat/x' as git_branch, 'https://x/1' as
                pull_request_url;
            create table marts.agg_billing_blocks as select *,
                1::bigint as output_tokens, 1::bigint as cache_write_5m_tokens,
                1::bigint as cache_write_1h_tokens, 1::bigint as cache_read_tokens,
                cost_usd as cost_usd_with_web_search, block_start + interval 5 hour as block_end,
                100::double as tokens_per_minute
            from (values
                (timestamp '2026-11-01 10:00', timestamp '2026-11-01 11:00', 3, 10,
                 1::decimal(18, 10), 1::double),
                (timestamp '2026-11-02 10:00', timestamp '2026-11-02 12:00', 2, 20,
                 4::decimal(18, 10), 2::double)
            ) t(block_start, last_at, api_messages, input_tokens, cost_usd, usd_per_hour)
        """)
        connection.execute("""
            create table marts.agg_limit_windows as select *, 100::bigint as tokens,
                2::decimal(18, 10) as cost_usd, 4::double as tokens_per_percent,
                0.08::double as usd_per_percent
            from (values
                ('seven_day', timestamp '2026-10-30 10:00', timestamp '2026-11-06 10:00', 25, 5,
                 timestamp '2026-11-02 10:00'),
                ('five_hour', timestamp '2026-11-02 10:00', timestamp '2026-11-02 15:00', 40, 20,
                 timestamp '2026-11-02 12:00')
            ) t(limit_name, window_start, resets_at, used_percentage, percentage_per_hour,
                last_read_at)
        """)
        for column in _CAUSES:
            connection.execute(f"alter table marts.fct_api_messages add column {column} varchar")
        connection.execute(
            "update marts.fct_api_messages set skill = 'notes', pull_request = 'me/a#1', "
            "mcp_server = 'db', mcp_tool = 'query', effort = 'high' where day = '2026-11-01'"
        )
        for table in ("fct_api_messages", "fct_tool_calls"):
            connection.execute(f"alter table marts.{table} add column project_key varchar")
            connection.execute(
                f"update marts.{table} set project_key = if(project_id = '-a', '/home/me/a', '-b')"
            )
    return made
