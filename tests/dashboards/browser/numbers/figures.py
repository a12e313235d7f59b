"""What the tests of the analytics share: a published gold file, and how its pages are read."""

from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb

from cca.dashboards.browser.numbers.choice import Choice, from_query
from cca.dashboards.browser.numbers.reader import Asked, current
from cca.settings import Settings

TALK = "12121212-1212-4212-8212-121212121212"
EVIL = "<img src=x onerror=alert(1)>"
LAST = date(2026, 11, 20)
TWO_PEOPLE = "update marts.dim_sessions set user_name = 'bo' where hash(session_id) % 2 = 0"
OTHER_WORK = """
update marts.fct_api_messages set pull_request = null where hash(message_id) % 3 = 0
"""


def publish(settings: Settings, warehouse: Path, change: str = "") -> None:
    settings.gold_dir.mkdir(exist_ok=True, parents=True)
    path = settings.gold_dir / f"gold-{len(list(settings.gold_dir.glob('gold-*')))}.duckdb"
    with duckdb.connect(str(path)) as gold:
        gold.execute(f"attach '{warehouse}' as analytics (read_only); create schema marts")
        names = gold.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = 'analytics' and table_schema = 'marts'"
        ).fetchall()
        for (name,) in names:
            gold.execute(f"create table marts.{name} as from analytics.marts.{name}")
        gold.execute(change)
    link = settings.gold_dir / "next"
    link.symlink_to(path.name)
    link.replace(settings.gold_path)


def asked(settings: Settings, choice: Choice = Choice(), today: date = LAST) -> Asked:  # noqa: B008
    gold = current(settings)
    assert gold
    return Asked(gold, choice, today, settings)


def followed(link: str) -> Choice:
    return from_query({name: each[0] for name, each in parse_qs(urlsplit(link).query).items()})


def counted(table: Any, column: str) -> int:
    place = [each.name for each in table.columns].index(column)
    return sum(int(row[place].text.replace(",", "")) for row in table.rows)


def section(page: list[Any], title: str) -> Any:
    return next(each for each in page if getattr(each, "title", "") == title)
