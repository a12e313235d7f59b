"""What is billed: model ids of gateways, odd counts, answers beside the totals. USD by hand.

Each response has 1,000 input and 1,000 output tokens where nothing else is said.
"""

from typing import Any

from tests.hostile.case import Case

HAIKU, SONNET, OPUS, OPUS_5_5 = 0.006, 0.018, 0.030, 0.024
FAST_OPUS = 0.180

# As a gateway, a cloud or a configuration file writes a model's id: its cost.
NAMES = {
    "anthropic:claude-sonnet-4-5": SONNET,
    "bedrock:us.anthropic.claude-opus-4-6-v1": OPUS * 1.1,
    "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/"
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0": SONNET * 1.1,
    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0": HAIKU,
    "litellm_proxy/bedrock/converse/global.anthropic.claude-opus-4-6-v1": OPUS,
    "bedrock/us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0": SONNET * 1.1,
    "jp.anthropic.claude-haiku-4-5-20251001-v1:0": HAIKU * 1.1,
    "anthropic.claude-sonnet-4-5-20250929-v1:0:200k": SONNET,
    "vertex_ai/publishers/anthropic/models/claude-sonnet-4-5@20250929": SONNET,
    "google-vertex/claude-opus-4-6@default": OPUS,
    "openrouter/anthropic/claude-opus-4.6:thinking": OPUS,
    "openrouter/anthropic/claude-sonnet-4.5:nitro": SONNET,
    "vercel/anthropic/claude-4.5-sonnet": SONNET,
    "heroku/claude-4-5-haiku": HAIKU,
    "sap/anthropic--claude-4.6-opus": OPUS,
    "databricks/databricks-claude-opus-4-6": OPUS,
    "azure_ai/claude-opus-5-5": OPUS_5_5,
    "claude-opus-5-5-20260901-thinking": OPUS_5_5,
    "claude-opus-5-5-latest": OPUS_5_5,
    "CLAUDE-SONNET-4-5-20250929[1m]": SONNET,
    " claude-sonnet-4-5 ": SONNET,
    "claude_opus_4_6": OPUS,
    "claude-opus-4-6[1m]-fast": FAST_OPUS,
    "copilot/claude-opus-4.6-fast": FAST_OPUS,
    "openrouter/anthropic/claude-opus-4.6:fast": FAST_OPUS,
}
# Nobody knows what these cost: another maker's, one to come, a mode that was never sold.
UNPRICED = (
    "mistral/codestral-2501", "gpt-5.2-codex", "claude-opus-9", "my-claude-opus-4-6-distill",
    "claude-haiku-4-5-fast", "ollama/claudette:latest", "claude-opus-4-60", "claude-opus-4.6-mini",
    "claude-haiku-4-55-20270101",
)  # fmt: skip
# Counts as odd gateways write them, and what one response with them costs on Sonnet 4.5.
COUNTS: tuple[tuple[dict[str, Any], float], ...] = (
    ({"input_tokens": "1000", "output_tokens": "1000"}, SONNET),
    ({"input_tokens": " 1000 ", "output_tokens": 1000.0}, SONNET),
    ({"input_tokens": "1000.0", "output_tokens": "1_000"}, 0.003),
    ({"input_tokens": 1000, "output_tokens": 1000, "cache_read_input_tokens": None}, SONNET),
    ({"input_tokens": -1000, "output_tokens": 1000}, 0.015),
    ({"input_tokens": 10**15, "output_tokens": 1000}, 0.015),
    ({"input_tokens": True, "output_tokens": [1000], "cache_read_input_tokens": {}}, 0.0),
    ({"input_tokens": 1000.5, "output_tokens": 1000}, 0.015),
    # 300 at 3.75 and 400 at 6: a split above its total is believed.
    ({"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": "500",
      "cache_creation": {"ephemeral_5m_input_tokens": "300", "ephemeral_1h_input_tokens": 400.0}},
     0.003525),
    # 600 without a split, at 3.75.
    ({"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": 600,
      "cache_creation": None}, 0.00225),
    ({"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": -1,
      "cache_creation": {"ephemeral_1h_input_tokens": 1000}}, 0.006),
)  # fmt: skip
# What beside the counts scales a price: fields, cost on Opus 4.6, whether it is known.
FACTORS: tuple[tuple[str, dict[str, Any], float, bool], ...] = (
    ("claude-opus-4-6", {"inference_geo": "us"}, OPUS * 1.1, True),
    ("us.anthropic.claude-opus-4-6-v1", {"inference_geo": "us"}, OPUS * 1.1, True),
    ("claude-opus-4-6", {"inference_geo": "global"}, OPUS, True),
    ("claude-opus-4-6", {"inference_geo": "mars"}, OPUS, False),
    ("claude-opus-4-6", {"service_tier": "batch"}, OPUS / 2, True),
    ("claude-opus-4-6", {"service_tier": "BATCH", "inference_geo": "US"}, OPUS * 1.1 / 2, True),
    ("claude-opus-4-6", {"service_tier": "flex"}, OPUS, False),
    ("claude-opus-4-6", {"speed": "ludicrous"}, OPUS, False),
    ("claude-opus-4-6", {"speed": "fast", "service_tier": "batch"}, OPUS / 2, False),
    ("claude-opus-4-6-fast", {"speed": "standard"}, FAST_OPUS, True),
)


def names() -> Case:
    """Every way to write a model's id."""
    case = Case("names", {"cost_usd": sum(NAMES.values()), "unpriced": set(UNPRICED)})
    session = case.session()
    session.asks("Which bird is this?")
    for model in (*NAMES, *UNPRICED):
        session.claude("A heron.", model, input_tokens=1000, output_tokens=1000)
    case.expected["models"] = {name: round(cost, 10) for name, cost in NAMES.items()}
    return case.keep(session)


def counts() -> Case:
    """Token counts as texts, fractions, nulls, negatives and numbers that cannot be."""
    case = Case("counts", {"cost_usd": sum(cost for _, cost in COUNTS), "unpriced": set()})
    session = case.session()
    session.asks("How many?")
    for usage, _ in COUNTS:
        session.claude("Many.", "claude-sonnet-4-5", **usage)
    return case.keep(session)


def factors() -> Case:
    """What scales a price beside the counts."""
    case = Case("factors", {"cost_usd": sum(cost for _, _, cost, _ in FACTORS)})
    session = case.session()
    session.asks("At what price?")
    flags = {}
    for model, usage, _, is_known in FACTORS:
        entry = session.claude("That.", model, input_tokens=1000, output_tokens=1000, **usage)
        flags[entry["message"]["id"]] = is_known
    case.expected["is_price_known"] = flags
    return case.keep(session)


def beside() -> Case:
    """Answers that stand in `iterations` alone, each at its own price, and noise among them."""
    iterations = [
        {"type": "message", "input_tokens": 1000, "output_tokens": 1000},
        {"type": "advisor_message", "model": "openrouter/anthropic/claude-opus-4.6",
         "input_tokens": "2000", "output_tokens": 300.0},
        {"type": "compaction", "input_tokens": 5000, "output_tokens": 100},
        {"type": "advisor_message", "model": "qwen/qwen3-max", "input_tokens": 10},
        {"type": "fallback_message", "input_tokens": 9999}, "noise", None, {"type": 7},
    ]  # fmt: skip
    # Haiku: 0.006; Opus: 0.01 + 0.0075; Haiku again: 0.005 + 0.0005.
    case = Case("beside", {"cost_usd": 0.029, "api_messages": 4, "unpriced": {"qwen/qwen3-max"}})
    session = case.session()
    session.asks("Ask the advisor")
    usage = {"input_tokens": 1000, "output_tokens": 1000, "iterations": iterations}
    answer = session.claude("It says yes.", "claude-haiku-4-5", **usage)
    # The same response again, as its early line: less, and without a stop reason.
    early = {**answer["message"], "stop_reason": None, "usage": {"output_tokens": "7"}}
    session.add("assistant", message=early, requestId=answer["requestId"])
    return case.keep(session)


def fast() -> Case:
    """A compaction in fast mode; an advisor of another model has no such mode."""
    tokens = {"input_tokens": 1000, "output_tokens": 1000}
    iterations = [
        {"type": "message", **tokens}, {"type": "compaction", **tokens},
        {"type": "advisor_message", "model": "claude-haiku-4-5", **tokens},
    ]  # fmt: skip
    case = Case("fast", {"cost_usd": 2 * FAST_OPUS + HAIKU, "api_messages": 3, "unpriced": set()})
    session = case.session()
    session.asks("Be quick")
    session.claude("Done.", "claude-opus-4-6", speed="fast", iterations=iterations, **tokens)
    return case.keep(session)


CASES = (names, counts, factors, beside, fast)
