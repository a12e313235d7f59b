"""The price seed says what genai-prices says, and more only where it says nothing."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import Provider, Usage

from cca.prices.files import SEED_PATH
from cca.prices.seed import current_rows, seed_text, write_seed
from cca.prices.table import CONTEXTS, PriceRow


@pytest.fixture(scope="module")
def provider() -> Provider:
    return next(item for item in get_snapshot().providers if item.id == "anthropic")


def test_the_committed_seed_is_the_one_the_pinned_package_gives() -> None:
    assert SEED_PATH.read_text() == seed_text(current_rows()), "run `cca prices update`"


def test_writing_the_seed_replaces_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("old")
    assert write_seed(path) == len(path.read_text().splitlines()) - 1
    assert [item.name for item in tmp_path.iterdir()] == ["prices.csv"]


def test_every_row_of_the_package_costs_what_the_package_computes(provider: Provider) -> None:
    checked = 0
    for row in current_rows():
        if row.source == "cca":
            continue
        for day in (row.valid_from, row.valid_to - timedelta(days=1)):
            at = datetime.combine(day, time(12), UTC)
            for prompt in {
                max(row.prompt_tokens_over + 1, 1_000),
                min(row.prompt_tokens_up_to, 10**6),
            }:
                model = next(item for item in provider.models if item.id == row.price_model)
                usage = Usage(
                    input_tokens=prompt, cache_read_tokens=100, cache_write_tokens=200,
                    cache_write_1h_tokens=50, output_tokens=300,
                )  # fmt: skip
                prices = model.get_prices(at, CONTEXTS[row.variant])
                if prices.cache_read_mtok is None:
                    continue
                theirs = prices.calc_price(usage)["total_price"]
                assert _cost(row, prompt) == theirs, (row, day, prompt)
                checked += 1
    assert checked > 100


def _cost(row: PriceRow, prompt: int) -> Decimal:
    """`prompt` tokens of which 100 were read, 150 written for 5 minutes and 50 for an hour."""
    return (
        (prompt - 300) * row.input_usd_per_mtok
        + 100 * row.cache_read_usd_per_mtok
        + 150 * row.cache_write_5m_usd_per_mtok
        + 50 * row.cache_write_1h_usd_per_mtok
        + 300 * row.output_usd_per_mtok
    ) / 1_000_000


def test_periods_of_a_price_leave_no_gap_and_do_not_overlap() -> None:
    covered: dict[tuple[str, str, int], list[PriceRow]] = {}
    for row in current_rows():
        covered.setdefault((row.price_model, row.variant, row.prompt_tokens_over), []).append(row)
    for rows in covered.values():
        for earlier, later in pairwise(rows):
            assert earlier.valid_to == later.valid_from


def test_fast_mode_of_opus_4_6_is_six_times_whatever_it_costs() -> None:
    rows = {
        (row.variant, row.prompt_tokens_over, row.valid_from): row
        for row in current_rows()
        if row.price_model == "claude-opus-4-6" and row.variant != "batch"
    }
    fast = {key[1:]: row for key, row in rows.items() if key[0] == "fast"}
    assert len(fast) == 3
    for key, row in fast.items():
        standard = rows[("standard", *key)]
        assert row.source == "cca"
        assert row == replace(
            standard, variant="fast", source="cca",
            **{name: value * 6 for name, value in vars(standard).items() if name.endswith("mtok")},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("model", "listed"),
    [
        ("claude-opus-4-20250514", "claude-opus-4-0"),
        ("claude-opus-4-1-20250805", "claude-opus-4-1"),
        ("claude-fable-5-1", "claude-fable-5-1"),
        ("claude-fable-5", "claude-fable-5"),
        ("claude-opus-5-5-20261001", "claude-opus-5-5"),
        ("claude-sonnet-9", None),
    ],
)
def test_a_pattern_matches_as_the_package_does(
    provider: Provider, model: str, listed: str | None
) -> None:
    ours = [row.price_model for row in current_rows() if re.search(row.match_pattern, model)]
    assert (ours[0] if ours else None) == listed
    theirs = provider.find_model(model)
    assert (theirs and theirs.id) == listed


def test_long_prompts_of_sonnet_4_6_cost_more_only_until_the_price_fell() -> None:
    long = [
        row
        for row in current_rows()
        if (row.price_model, row.variant, row.prompt_tokens_over)
        == ("claude-sonnet-4-6", "standard", 200_000)
    ]
    assert [(row.valid_to, row.input_usd_per_mtok) for row in long] == [
        (date(2026, 3, 13), Decimal(6))
    ]
