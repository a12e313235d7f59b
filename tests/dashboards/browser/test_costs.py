"""The cost beside a message comes from gold, from the newest file, and only where it is known."""

import os
from decimal import Decimal
from typing import Any

import duckdb

from cca.dashboards.browser.costs import message_costs


def publish(settings: Any, name: str, cost: str) -> None:
    settings.gold_path.parent.mkdir(parents=True, exist_ok=True)
    file = settings.gold_path.with_name(name)
    with duckdb.connect(str(file)) as gold:
        gold.execute("create schema marts")
        gold.execute(
            "create table marts.fct_api_messages as select * from (values "
            f"('m1', {cost}::decimal(18, 8), true), ('m2', 0::decimal(18, 8), false)) "
            "as rows(message_id, cost_usd, is_price_known)"
        )
    link = settings.gold_path.with_name("next")
    link.symlink_to(file.name)
    link.rename(settings.gold_path)


def test_a_message_costs_what_the_newest_gold_says(settings: Any) -> None:
    assert message_costs(settings, ["m1"]) == {}
    publish(settings, "gold-1.duckdb", "0.25")
    assert message_costs(settings, ["m1", "m2", "m3"]) == {"m1": Decimal("0.25")}
    publish(settings, "gold-2.duckdb", "0.5")
    assert message_costs(settings, ["m1"]) == {"m1": Decimal("0.5")}


def test_a_broken_gold_file_costs_no_conversation(settings: Any) -> None:
    settings.gold_path.parent.mkdir(parents=True)
    settings.gold_path.write_bytes(b"this is no database" * 1000)
    os.utime(settings.gold_path, (1, 1))
    assert message_costs(settings, ["m1"]) == {}
