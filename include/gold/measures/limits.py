"""Measures of a plan's real limits, which status lines recorded; percentages are 0 to 100."""

from functools import partial

from cca.gold.measures.model import Measure, ratio

_WINDOWS = "agg_limit_windows"
FIVE_HOUR, SEVEN_DAY = "limit_name = 'five_hour'", "limit_name = 'seven_day'"
# A per cent of less than that is rounding.
_MEASURED = "used_percentage >= 1"

LIMIT_READINGS = Measure(
    "limit_readings", "fct_limits", "count", "count", "Readings of limits",
    "Readings of the plan's limits that status lines recorded.",
)  # fmt: skip
LIMIT_WINDOWS = Measure(
    "limit_windows", _WINDOWS, "count", "count", "Windows of limits",
    "Windows of the plan's limits, five-hour and weekly ones, that a status line saw.",
)  # fmt: skip
FULL_LIMIT_WINDOWS = Measure(
    "full_limit_windows", _WINDOWS, "count", "count", "Used-up windows",
    "Windows of the plan's limits that were used up.", population="used_percentage >= 100",
)  # fmt: skip
_peak = partial(Measure, table=_WINDOWS, how="largest", unit="percent", column="used_percentage")
PEAK_FIVE_HOUR_PERCENTAGE = _peak(
    name="peak_five_hour_percentage", population=FIVE_HOUR, label="Fullest five-hour window",
    description="The most that was used of the plan's five-hour limit in one window.",
)  # fmt: skip
PEAK_SEVEN_DAY_PERCENTAGE = _peak(
    name="peak_seven_day_percentage", population=SEVEN_DAY, label="Fullest week",
    description="The most that was used of the plan's weekly limit in one window.",
)  # fmt: skip


def _per_percent(name: str, population: str, of: str) -> tuple[Measure, ...]:
    """Parts and ratios of tokens and cost for each per cent of one limit."""
    part = partial(Measure, table=_WINDOWS, how="sum", population=f"{population} and {_MEASURED}")
    used = part(
        name=f"used_{name}_percentage", unit="percent", column="used_percentage",
        label=f"Used of {of}", description=f"Percentages used of {of}, all windows added up.",
    )  # fmt: skip
    cost = part(
        name=f"cost_of_{name}_usd", unit="USD", column="cost_usd", label=f"Cost in {of}",
        description=f"Cost in the windows of {of}, to the last reading of each.",
    )  # fmt: skip
    tokens = part(
        name=f"tokens_of_{name}", unit="tokens", column="tokens", label=f"Tokens in {of}",
        description=f"Tokens in the windows of {of}, to the last reading of each.",
    )  # fmt: skip
    least = "What was used outside the archive makes it more."
    return (
        used, cost, tokens,
        ratio(f"usd_per_{name}_percent", cost, used, "USD", f"1 % of {of}",
              f"Cost for each per cent of {of}. {least}"),
        ratio(f"tokens_per_{name}_percent", tokens, used, "tokens", f"Tokens for 1 % of {of}",
              f"Tokens for each per cent of {of}. {least}"),
    )  # fmt: skip


_FIVE_HOUR_PARTS = _per_percent("five_hour", FIVE_HOUR, "the five-hour limit")
_SEVEN_DAY_PARTS = _per_percent("seven_day", SEVEN_DAY, "the weekly limit")
USD_PER_FIVE_HOUR_PERCENT, TOKENS_PER_FIVE_HOUR_PERCENT = _FIVE_HOUR_PARTS[3:]
USD_PER_SEVEN_DAY_PERCENT, TOKENS_PER_SEVEN_DAY_PERCENT = _SEVEN_DAY_PARTS[3:]
# Where a window that still runs will be at its reset if its pace stays; a row, no aggregate.
EXPECTED_PERCENTAGE = (
    "used_percentage + percentage_per_hour * date_diff('second', last_read_at, resets_at) / 3600.0"
)

LIMITS = (
    LIMIT_READINGS, LIMIT_WINDOWS, FULL_LIMIT_WINDOWS, PEAK_FIVE_HOUR_PERCENTAGE,
    PEAK_SEVEN_DAY_PERCENTAGE, *_FIVE_HOUR_PARTS, *_SEVEN_DAY_PARTS,
)  # fmt: skip
