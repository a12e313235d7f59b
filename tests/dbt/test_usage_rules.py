"""Each rule of counting tokens and pricing them, on the smallest rows that break it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.rows import Given, answer, block, entry

Marts = Callable[[str], list[tuple[Any, ...]]]
given = Given()
HAIKU = "claude-haiku-4-5-20251001"  # 1 USD per million input tokens
OPUS_46 = "claude-opus-4-6"  # 5 USD, twice that for long prompts before 2026-03-13
DAY = 86400


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Marts:
    return given.built(tmp_path_factory.mktemp("usage"), timezone="America/New_York")


def one(marts: Marts, columns: str, message_id: str) -> tuple[Any, ...]:
    rows = marts(
        f"select {columns} from marts.fct_api_messages as m where message_id = '{message_id}'"
    )
    assert len(rows) == 1, rows
    return rows[0]


given(
    answer("largest", 0, "m-largest", input_tokens=10, output_tokens=1, cache_read_tokens=7),
    answer("largest", 1, "m-largest", input_tokens=10, output_tokens=500),
    answer("largest", 2, "m-largest", input_tokens=10, output_tokens=20, cache_read_tokens=7),
)


def test_each_count_is_the_largest_of_any_row_wherever_it_stands(marts: Marts) -> None:
    columns = "input_tokens, output_tokens, cache_read_tokens"
    assert one(marts, columns, "m-largest") == (10, 500, 7)


given(
    answer("requests", 0, "m-requests", request_id="r1", output_tokens=5),
    answer("requests", 1, "m-requests", request_id="r2", output_tokens=5),
    answer("requests", 2, "m-requests", output_tokens=5),
)


def test_a_message_with_several_request_ids_or_none_is_one_message(marts: Marts) -> None:
    assert one(marts, "output_tokens", "m-requests") == (5,)


given(
    answer("no-id", 0, "", uuid="u-no-id-1", output_tokens=3),
    answer("no-id", 1, "", uuid="u-no-id-2", output_tokens=3),
    answer("no-id-copy", 1, "", uuid="u-no-id-2", output_tokens=3),
)


def test_without_a_message_id_the_uuid_tells_messages_apart(marts: Marts) -> None:
    found = (
        "select message_id from marts.fct_api_messages where session_id like 'no-id%' order by 1"
    )
    assert marts(found) == [("u-no-id-1",), ("u-no-id-2",)]


given(answer("made-up", 0, "m-synthetic", model="<synthetic>", output_tokens=9))


def test_a_synthetic_answer_is_no_api_message(marts: Marts) -> None:
    assert not marts("select 1 from marts.fct_api_messages where message_id = 'm-synthetic'")


given(
    entry(
        "progress", 0, type="progress", has_usage=True, message_id="m-progress", model=HAIKU,
        output_tokens=4, agent_id="a1",
    ),
    answer("progress", 5, "m-progress-both", is_sidechain=True, agent_id="a1", output_tokens=4),
    entry(
        "progress", 9, type="progress", has_usage=True, message_id="m-progress-both", model=HAIKU,
        output_tokens=6,
    ),
)  # fmt: skip


def test_a_message_that_only_a_progress_entry_holds_is_counted(marts: Marts) -> None:
    assert one(marts, "output_tokens, agent_id", "m-progress") == (4, "a1")


def test_a_progress_entry_adds_to_its_message_but_does_not_date_it(marts: Marts) -> None:
    assert one(marts, "output_tokens, second(m.sent_at)", "m-progress-both") == (6, 5)


given(
    entry("z-parent", 0, uuid="u-fork-1"),
    answer("z-parent", 1, "m-fork-shared", uuid="u-fork-2", output_tokens=5),
    entry("a-fork", 0, uuid="u-fork-1"),
    answer("a-fork", 1, "m-fork-shared", uuid="u-fork-2", output_tokens=5),
    answer("a-fork", 9, "m-fork-own", uuid="u-fork-3", output_tokens=6),
)


def test_a_fork_of_a_whole_session_counts_only_what_it_added(marts: Marts) -> None:
    assert one(marts, "session_id, sessions", "m-fork-shared") == ("z-parent", 2)
    assert one(marts, "session_id, sessions", "m-fork-own") == ("a-fork", 1)


given(
    entry("z-continued", 0, uuid="u-cont-1"),
    entry("z-continued", 0, type="ai-title", role=None, timestamp=None, offset=1),
    answer("z-continued", 1, "m-cont-shared", uuid="u-cont-2", offset=2),
    answer("z-continued", 99, "m-cont-late", uuid="u-cont-4"),
    entry("a-early-fork", 0, uuid="u-cont-1"),
    answer("a-early-fork", 1, "m-cont-shared", uuid="u-cont-2"),
    answer("a-early-fork", 9, "m-cont-fork", uuid="u-cont-3"),
)


def test_a_parent_that_went_on_after_its_fork_keeps_what_they_share(marts: Marts) -> None:
    assert one(marts, "session_id", "m-cont-shared") == ("z-continued",)


given(
    answer("side", 0, "m-side", is_sidechain=True, agent_id="a1"),
    answer("side", 5, "m-side"),
)


def test_the_main_thread_has_a_message_that_a_subagent_replays(marts: Marts) -> None:
    assert one(marts, "agent_id, second(m.sent_at)", "m-side") == (None, 5)


given(
    answer("cache", 0, "m-total-only", cache_creation_tokens=100),
    answer("cache", 1, "m-total-1h", cache_creation_tokens=100, cache_write_1h_tokens=30),
    answer(
        "cache", 2, "m-split", cache_creation_tokens=100, cache_write_5m_tokens=0,
        cache_write_1h_tokens=100,
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("message_id", "writes"),
    [("m-total-only", (100, 0)), ("m-total-1h", (70, 30)), ("m-split", (0, 100))],
)
def test_cache_writes_without_a_split_are_five_minute_ones(
    marts: Marts, message_id: str, writes: tuple[int, int]
) -> None:
    assert one(marts, "cache_write_5m_tokens, cache_write_1h_tokens", message_id) == writes


given(
    answer("final", 0, "m-final", is_usage_final=False),
    answer("final", 1, "m-final", is_usage_final=True),
    answer("final", 2, "m-unfinished", is_usage_final=False),
)


def test_usage_is_final_when_any_row_of_the_message_was(marts: Marts) -> None:
    assert one(marts, "is_usage_final", "m-final") == (True,)
    assert one(marts, "is_usage_final", "m-unfinished") == (False,)


given(answer("night", -8 * 3600, "m-night"), answer("night", 0, "m-morning"))


def test_the_day_is_that_of_the_reports_time_zone(marts: Marts) -> None:
    assert one(marts, "day::varchar, m.sent_at::varchar", "m-night") == (
        "2026-09-30",
        "2026-10-01 02:00:00",
    )
    assert one(marts, "day::varchar", "m-morning") == ("2026-10-01",)


PRICED = {
    "dated id": (1, {"model": HAIKU}),
    "bare id": (1, {"model": "claude-haiku-4-5"}),
    "long context suffix": (5, {"model": "claude-opus-4-7[1m]"}),
    "bedrock id": (Decimal("1.1"), {"model": "us.anthropic.claude-haiku-4-5-20251001-v1:0"}),
    "bedrock, one of its regions by arn": (
        Decimal("1.1"), {"model": "arn:aws:bedrock:us-east-1:1:inference-profile/"
                                  "eu.anthropic.claude-haiku-4-5-20251001-v1:0"},
    ),
    "bedrock, anywhere": (1, {"model": "global.anthropic.claude-haiku-4-5-20251001-v1:0"}),
    "bedrock, before regions cost more": (3, {"model": "us.anthropic.claude-3-7-sonnet-v1:0"}),
    "bedrock behind a gateway": (Decimal("5.5"), {"model": "bedrock/au.anthropic.claude-opus-4-8"}),
    "vertex id": (5, {"model": "claude-opus-5@20260401"}),
    "vertex behind a gateway": (1, {"model": "vertex_ai/claude-haiku-4-5@20251001"}),
    "openrouter": (5, {"model": "openrouter/anthropic/claude-opus-4.7"}),
    "openrouter, a variant": (5, {"model": "openrouter/anthropic/claude-opus-4.7:beta"}),
    "databricks": (1, {"model": "databricks-claude-haiku-4-5"}),
    "served in the US": (Decimal("5.5"), {"model": "claude-opus-4-8", "inference_geo": "us"}),
    "served anywhere": (5, {"model": "claude-opus-4-8", "inference_geo": "global"}),
    "served in the US, an older model": (1, {"model": HAIKU, "inference_geo": "us"}),
    "fast by its name": (10, {"model": "claude-opus-4-8-fast"}),
    "Sonnet 4, a long prompt": (6, {"model": "claude-sonnet-4-20250514"}),
    "before the price fell": (10, {"model": OPUS_46, "at": -203 * DAY}),
    "since the price fell": (5, {"model": OPUS_46, "at": -202 * DAY}),
    "fast, our own row": (30, {"model": OPUS_46, "speed": "fast"}),
    "fast": (10, {"model": "claude-opus-4-8", "speed": "fast"}),
    "batch": (0.5, {"model": HAIKU, "service_tier": "batch"}),
    "batch, our own row": (7.5, {"model": "claude-opus-4-1-20250805", "service_tier": "batch"}),
}  # fmt: skip
for case, (_, values) in PRICED.items():
    made = {"at": 0, "input_tokens": 1_000_000} | values
    given(answer("prices", made.pop("at"), f"m-{case}", **made))


@pytest.mark.parametrize("case", PRICED)
def test_a_million_tokens_cost_the_price_of_model_day_and_variant(marts: Marts, case: str) -> None:
    assert one(marts, "cost_usd, is_price_known", f"m-{case}") == (
        Decimal(str(PRICED[case][0])),
        True,
    )


UNKNOWN = {"inference_geo": "moon", "speed": "slow", "service_tier": "flex"}
for name, value in UNKNOWN.items():
    given(answer("unknown", 0, f"m-unknown-{name}", input_tokens=1_000_000, **{name: value}))


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_factor_without_a_price_makes_the_cost_a_lower_bound(marts: Marts, name: str) -> None:
    assert one(marts, "cost_usd, is_price_known", f"m-unknown-{name}") == (Decimal(1), False)


given(
    answer("tiers", 0, "m-at-tier", model="claude-sonnet-4-5-20250929", input_tokens=100_000,
           cache_read_tokens=100_000),
    answer("tiers", 1, "m-over-tier", model="claude-sonnet-4-5-20250929", input_tokens=100_000,
           cache_read_tokens=100_001),
)  # fmt: skip


def test_a_prompt_over_the_threshold_makes_the_whole_request_dearer(marts: Marts) -> None:
    assert one(marts, "cost_usd", "m-at-tier") == (Decimal("0.33"),)
    assert one(marts, "cost_usd", "m-over-tier") == (Decimal("0.6600006"),)


given(
    answer(
        "unknown", 0, "m-unknown", model="claude-new-9", input_tokens=1000, web_search_requests=3
    ),
    answer("unknown", 1, "m-unknown-fast", model=HAIKU, input_tokens=1000, speed="fast"),
    answer("unknown", 2, "m-no-model", model=None, input_tokens=1000),
)


@pytest.mark.parametrize("message_id", ["m-unknown", "m-unknown-fast", "m-no-model"])
def test_an_unknown_price_is_flagged_and_costs_nothing(marts: Marts, message_id: str) -> None:
    columns = "cost_usd, cost_usd_with_web_search, is_price_known"
    assert one(marts, columns, message_id) == (0, 0, False)


def test_a_model_without_a_price_is_flagged_in_its_dimension(marts: Marts) -> None:
    columns = "select is_price_known, unpriced_messages from marts.dim_models"
    assert marts(f"{columns} where model = 'claude-new-9'") == [(False, 1)]


SEARCH = [
    answer("search", 0, "m-search", uuid="u-search-1", web_search_requests=1),
    entry("search", 2, uuid="u-search-2", web_search_requests=2),
    answer("search-fork", 0, "m-search", uuid="u-search-1", web_search_requests=1),
    entry("search-fork", 2, uuid="u-search-2", web_search_requests=2),
    answer("search-fork", 9, "m-search-own", uuid="u-search-3"),
]
given(
    *SEARCH,
    blocks=tuple(
        block(SEARCH[index], kind, tool_use_id="toolu-search", tool_name="WebSearch")
        for index, kind in enumerate(["tool_use", "tool_result", "tool_use", "tool_result"])
    ),
)


def test_searches_of_the_client_are_charged_once_to_the_message_that_asked(marts: Marts) -> None:
    columns = "session_id, web_search_requests, cost_usd_with_web_search - cost_usd"
    assert one(marts, columns, "m-search") == ("search", 3, Decimal("0.03"))


def test_sums_stay_exact_where_floating_point_would_not(marts: Marts) -> None:
    total = marts("select sum(cost_usd) from marts.fct_api_messages")
    for name in ("agg_daily_usage", "agg_daily_summary", "dim_sessions", "dim_projects"):
        assert marts(f"select sum(cost_usd) from marts.{name}") == total, name
