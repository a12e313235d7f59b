"""A gold file of one session with one prompt, with the columns that the digest reads."""

import duckdb

from cca.settings import Settings

MARTS = """
create schema marts;
create table marts.dim_projects as select '/srv/shop' as project_key, '-srv-shop' as project_id,
    '/srv/shop' as project_path;
create table marts.dim_sessions as select 's' as session_id, '/srv/shop' as project_key,
    '-srv-shop' as project_id, 'Fix the cart' as title;
create table marts.fct_prompts as select 's' as session_id, '/srv/shop' as project_key,
    '-srv-shop' as project_id, 'laptop' as host, date '2026-10-04' as day,
    'Fix the cart' as prompt, timestamp '2026-10-04 09:00' as sent_at;
create table marts.fct_messages as select session_id, project_key, project_id, host, day, sent_at,
    'user' as role, true as is_human_prompt from marts.fct_prompts;
create table marts.fct_api_messages as select session_id, project_key, project_id, host, day,
    1.25::decimal(18, 10) as cost_usd, true as is_price_known, null::varchar as pull_request
    from marts.fct_prompts;
create table marts.fct_tool_calls as select session_id, project_key, project_id, host, day,
    'abc1234' as commit_hash, 'Fix the cart' as commit_subject, sent_at as started_at,
    sent_at as finished_at from marts.fct_prompts;
create table marts.fct_file_operations as select session_id, project_key, project_id, host, day,
    'edit' as operation, 'success' as status, '/srv/shop/cart.py' as file_path, 3 as lines_added,
    1 as lines_removed from marts.fct_prompts;
create table marts.fct_errors as select session_id, project_id, host, day, 'timeout' as error_class
    from marts.fct_prompts;
"""


def with_gold(settings: Settings) -> Settings:
    """Publishes the file in the home of these settings."""
    settings.gold_dir.mkdir(parents=True)
    with duckdb.connect(str(settings.gold_dir / "gold-1.duckdb")) as gold:
        gold.execute(MARTS)
    settings.gold_path.symlink_to("gold-1.duckdb")
    return settings
