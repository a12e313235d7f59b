"""Prices of the user's own go before the list, and mistakes in their file are named."""

from decimal import Decimal
from pathlib import Path

import pytest

from cca.errors import SettingError
from cca.prices.overrides import check_overrides
from cca.transform.build import transform
from tests.dbt.rows import answer, build_settings, reader, write_raw


def test_own_prices_replace_the_list_and_give_unknown_models_a_price(tmp_path: Path) -> None:
    path = tmp_path / "it's mine.csv"
    path.write_text(
        "model,input_usd_per_mtok,output_usd_per_mtok,valid_from,cache_read_usd_per_mtok\n"
        "claude-new-9,3,15,,\n"
        "claude-haiku-4-5,0.5,2.5,2026-10-01,0.2\n"
    )
    settings = build_settings(tmp_path, prices_file=path)
    million = {"input_tokens": 1_000_000, "cache_read_tokens": 1_000_000}
    entries = [
        answer("s", 1, "m-new", model="claude-new-9", **million),
        answer("s", 2, "m-own", model="claude-haiku-4-5[1m]", **million),
        answer("s", -86400, "m-before", model="claude-haiku-4-5", **million),
        answer("s", 3, "m-fast", model="claude-new-9", speed="fast", **million),
    ]
    write_raw(settings, entries, [])
    chosen = "+dim_models"
    transform(settings, select=chosen)
    found = "select message_id, cost_usd, is_price_known from marts.fct_api_messages order by 1"
    assert reader(settings)(found) == [
        ("m-before", 0, False),
        ("m-fast", 0, False),
        ("m-new", Decimal("3.3"), True),
        ("m-own", Decimal("0.7"), True),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model,input\n", "missing columns.*unknown columns"),
        ("model,input_usd_per_mtok,output_usd_per_mtok\na,1,-2\n", "csv:2: output_usd_per_mtok"),
        ("model,input_usd_per_mtok,output_usd_per_mtok\n,1,2\n", "csv:2: model is empty"),
        ("model,input_usd_per_mtok,output_usd_per_mtok,valid_to\na,1,2,soon\n", "no day"),
        ("model,input_usd_per_mtok,output_usd_per_mtok,variant\na,1,2,slow\n", "variant is"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text)
    with pytest.raises(SettingError, match=message):
        check_overrides(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="PRICES_FILE"):
        check_overrides(tmp_path / "prices.csv")
