"""What the sample's models cost: a table of its own, since truth may not use what it checks."""

from dataclasses import dataclass
from decimal import Decimal

WEB_SEARCH_USD = Decimal("0.01")
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Usage:
    """Token counts of one API message; the five kinds do not overlap."""

    input: int = 0
    output: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0

    @property
    def prompt(self) -> int:
        return self.input + self.cache_write_5m + self.cache_write_1h + self.cache_read


@dataclass(frozen=True)
class Price:
    """USD per million tokens; from `long_prompt` prompt tokens on the whole request costs more."""

    input: str
    output: str
    cache_write_5m: str
    cache_write_1h: str
    cache_read: str
    long_prompt: int | None = None
    long_factor: int = 1


PRICES = {
    "claude-opus-5-5": Price("4", "20", "5", "8", "0.2"),
    "claude-sonnet-5-5": Price("2", "10", "2.5", "4", "0.1"),
    "claude-haiku-5-5": Price("0.1", "0.5", "0.125", "0.2", "0.01", 100_000, 5),
    "claude-opus-4-8": Price("5", "25", "6.25", "10", "0.5"),
    "claude-haiku-4-5-20251001": Price("1", "5", "1.25", "2", "0.1"),
}


def cost_usd(model: str, usage: Usage) -> Decimal:
    price = PRICES[model]
    kinds = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read")
    micro = sum(
        (getattr(usage, kind) * Decimal(getattr(price, kind)) for kind in kinds), Decimal(0)
    )
    return micro * _factor(price, usage) / _MILLION


def output_usd(model: str) -> Decimal:
    """USD per million tokens of output."""
    return Decimal(PRICES[model].output)


def rewrite_usd(model: str, usage: Usage, tokens: int) -> Decimal:
    """What it cost to write tokens to the cache again, less what reading them would have cost."""
    price = PRICES[model]
    written = price.cache_write_1h if usage.cache_write_1h else price.cache_write_5m
    return (
        tokens * (Decimal(written) - Decimal(price.cache_read)) * _factor(price, usage) / _MILLION
    )


def _factor(price: Price, usage: Usage) -> int:
    is_long = price.long_prompt is not None and usage.prompt >= price.long_prompt
    return price.long_factor if is_long else 1
