"""Price rows by model, date, variant and prompt length, resolved by genai-prices' own rules."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import Any

from genai_prices import types as genai

SINCE_EVER = date(1970, 1, 1)
FOR_EVER = date(9999, 12, 31)
NO_LIMIT = 999_999_999_999

# Fast mode costs a multiple of whatever standard price is in force. genai-prices has no row for
# these two; see https://platform.claude.com/docs/en/about-claude/pricing#fast-mode-pricing
OWN_FAST_MULTIPLES = {"claude-opus-4-6": Decimal(6), "claude-opus-4-7": Decimal(6)}
# The Batches API has halved token prices since it exists; genai-prices models that from 2026-10 on.
BATCH_MULTIPLE = Decimal("0.5")
# A request over the threshold is billed as a whole at these multiples of input and output price.
# genai-prices has no tier for Sonnet 4, whose 1M context was sold from August 2025 on.
OWN_LONG_CONTEXT = {"claude-sonnet-4-0": (200_000, Decimal(2), Decimal("1.5"))}
# Where a request may be served costs a tenth more, on the models that came with that offer:
# `inference_geo: us` on 4.6 and later, Bedrock's geographic ids (us., eu., …) on 4.5 and later.
PLACE_MULTIPLE = Decimal("1.1")
_NO_REGIONS = re.compile(r"^claude-(?:v?[123]\b|v?[123]-|(?:opus|sonnet)-4-[01]$)")
_NO_GEO = re.compile(r"^claude-(?:opus|sonnet|haiku)-4-5$")
# Anthropic charges searches the same for every model, also where a model's row leaves them out.
WEB_SEARCH_USD = Decimal("0.01")
# Cache prices follow from the input price where a row leaves them out.
CACHE_MULTIPLES = {
    "cache_read_mtok": Decimal("0.1"),
    "cache_write_mtok": Decimal("1.25"),
    "cache_write_1h_mtok": Decimal(2),
}
CONTEXTS = {"standard": {}, "batch": {"processing": "batch"}, "fast": {"speed": "fast"}}


@dataclass(frozen=True)
class PriceRow:
    """One line of the seed: a whole price, USD per million tokens."""

    price_model: str
    match_order: int
    match_pattern: str
    variant: str
    prompt_tokens_over: int
    prompt_tokens_up_to: int
    valid_from: date
    valid_to: date
    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cache_read_usd_per_mtok: Decimal
    cache_write_5m_usd_per_mtok: Decimal
    cache_write_1h_usd_per_mtok: Decimal
    web_search_usd: Decimal
    us_multiple: Decimal
    region_multiple: Decimal
    source: str


def price_rows(provider: genai.Provider, source: str) -> list[PriceRow]:
    """Every price of the provider, in the order in which its models match."""
    rows: list[PriceRow] = []
    for order, model in enumerate(provider.models):
        pattern = pattern_of(model.match)
        priced = _joined(sorted(_model_rows(model, source), key=_place))
        rows += (replace(row, match_order=order, match_pattern=pattern) for row in priced)
    return rows


def pattern_of(clause: Any) -> str:
    """The matching rule as one regular expression that RE2 understands."""
    match clause:
        case genai.ClauseEquals():
            return f"^{_literal(clause.equals)}$"
        case genai.ClauseStartsWith():
            return f"^{_literal(clause.starts_with)}"
        case genai.ClauseContains():
            return _literal(clause.contains)
        case genai.ClauseEndsWith():
            return f"{_literal(clause.ends_with)}$"
        case genai.ClauseRegex():
            return str(clause.regex)
        case genai.ClauseOr():
            return "|".join(pattern_of(part) for part in clause.or_)
    message = f"genai-prices matches a model by {clause!r}; teach include/prices/table.py that rule"
    raise ValueError(message)


def _literal(text: str) -> str:
    return text.replace(".", r"\.")


def _model_rows(model: genai.ModelInfo, source: str) -> Iterator[PriceRow]:
    for start, end in pairwise(_boundaries(model)):
        at = datetime.combine(start, time(), UTC)
        standard = model.get_prices(at)
        for variant, context in CONTEXTS.items():
            multiple = Decimal(1)
            prices, origin = standard, source
            if variant != "standard":
                if _has_variant(model, at, context):
                    prices = model.get_prices(at, context)
                elif (own := _own_multiple(model.id, variant)) is not None:
                    multiple, origin = own, "cca"
                else:
                    continue
            for over, up_to in pairwise([-1, *_tier_starts(prices), NO_LIMIT]):
                row = _row(model.id, variant, (over, up_to), (start, end), prices, multiple, origin)
                yield from _with_long_context(row)


def _with_long_context(row: PriceRow) -> Iterator[PriceRow]:
    """Yields the row, in two where the package lacks the price of long prompts."""
    if row.price_model not in OWN_LONG_CONTEXT or row.prompt_tokens_up_to != NO_LIMIT:
        yield row
        return
    threshold, input_multiple, output_multiple = OWN_LONG_CONTEXT[row.price_model]
    yield replace(row, prompt_tokens_up_to=threshold)
    yield replace(
        row,
        prompt_tokens_over=threshold,
        input_usd_per_mtok=row.input_usd_per_mtok * input_multiple,
        output_usd_per_mtok=row.output_usd_per_mtok * output_multiple,
        cache_read_usd_per_mtok=row.cache_read_usd_per_mtok * input_multiple,
        cache_write_5m_usd_per_mtok=row.cache_write_5m_usd_per_mtok * input_multiple,
        cache_write_1h_usd_per_mtok=row.cache_write_1h_usd_per_mtok * input_multiple,
        source="cca",
    )


def _boundaries(model: genai.ModelInfo) -> list[date]:
    conditions = model.prices if isinstance(model.prices, list) else []
    constraints = [condition.constraint for condition in conditions]
    constraints += [variant.constraint for variant in model.price_variants or []]
    starts = {
        item.start_date for item in constraints if isinstance(item, genai.StartDateConstraint)
    }
    if any(isinstance(item, genai.TimeOfDateConstraint) for item in constraints):
        message = f"{model.id} is priced by time of day, which the price seed cannot hold"
        raise ValueError(message)
    return [SINCE_EVER, *sorted(starts), FOR_EVER]


def _has_variant(model: genai.ModelInfo, at: datetime, context: dict[str, str]) -> bool:
    return any(
        item.when == context and (item.constraint is None or item.constraint.active(at))
        for item in model.price_variants or []
    )


def _own_multiple(model_id: str, variant: str) -> Decimal | None:
    return BATCH_MULTIPLE if variant == "batch" else OWN_FAST_MULTIPLES.get(model_id)


def _tier_starts(prices: genai.ModelPrice) -> list[int]:
    tiered = [value for value in vars(prices).values() if isinstance(value, genai.TieredPrices)]
    return sorted({tier.start for value in tiered for tier in value.tiers})


def _row(  # noqa: PLR0913  (the row's own parts)
    model_id: str,
    variant: str,
    prompt: tuple[int, int],
    period: tuple[date, date],
    prices: genai.ModelPrice,
    multiple: Decimal,
    source: str,
) -> PriceRow:
    def usd(key: str) -> Decimal:
        return _per_mtok(prices, key, prompt[0] + 1) * multiple

    return PriceRow(
        price_model=model_id,
        match_order=0,
        match_pattern="",
        variant=variant,
        prompt_tokens_over=prompt[0],
        prompt_tokens_up_to=prompt[1],
        valid_from=period[0],
        valid_to=period[1],
        input_usd_per_mtok=usd("input_mtok"),
        output_usd_per_mtok=usd("output_mtok"),
        cache_read_usd_per_mtok=usd("cache_read_mtok"),
        cache_write_5m_usd_per_mtok=usd("cache_write_mtok"),
        cache_write_1h_usd_per_mtok=usd("cache_write_1h_mtok"),
        web_search_usd=WEB_SEARCH_USD,
        us_multiple=_place_multiple(model_id, is_of_request=True),
        region_multiple=_place_multiple(model_id, is_of_request=False),
        source=source,
    )


def _place_multiple(model_id: str, *, is_of_request: bool) -> Decimal:
    is_older = _NO_REGIONS.match(model_id) or (is_of_request and _NO_GEO.match(model_id))
    return Decimal(1) if is_older else PLACE_MULTIPLE


def _per_mtok(prices: genai.ModelPrice, key: str, prompt_tokens: int) -> Decimal:
    value = getattr(prices, key)
    if value is None:
        return _per_mtok(prices, "input_mtok", prompt_tokens) * CACHE_MULTIPLES[key]
    if isinstance(value, genai.TieredPrices):
        reached = [tier.price for tier in value.tiers if prompt_tokens > tier.start]
        return Decimal(reached[-1] if reached else value.base)
    return Decimal(value)


def _place(row: PriceRow) -> tuple[str, int, date]:
    return row.variant, row.prompt_tokens_over, row.valid_from


def _joined(rows: list[PriceRow]) -> list[PriceRow]:
    """Neighbouring periods with the same price become one."""
    joined: list[PriceRow] = []
    for row in rows:
        if joined and joined[-1] == replace(
            row, valid_from=joined[-1].valid_from, valid_to=row.valid_from
        ):
            joined[-1] = replace(joined[-1], valid_to=row.valid_to)
        else:
            joined.append(row)
    return joined
