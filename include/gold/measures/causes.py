"""What a response can be counted for: kinds of causes, each of which counts every response once."""

from dataclasses import dataclass
from functools import partial

from cca.gold.measures.model import Measure, ratio


@dataclass(frozen=True)
class Cause:
    """A kind of cause: `kind` in `agg_cost_by_cause`, which is also the dimension's name.

    `report` is the word of `cca usage`; `is_guessed` where a rule of ours decides, not an entry.
    """

    kind: str
    report: str
    label: str
    is_guessed: bool = False


CAUSES = (
    Cause("skill", "skill", "Skill"),
    Cause("plugin", "plugin", "Plugin"),
    Cause("mcp_server", "mcp", "MCP server"),
    Cause("mcp_tool", "mcp-tool", "MCP tool"),
    Cause("agent", "agent", "Subagent"),
    Cause("command", "command", "Slash command"),
    Cause("category", "category", "Task", is_guessed=True),
    Cause("branch", "branch", "Branch"),
    Cause("pull_request", "pr", "Pull request", is_guessed=True),
    Cause("effort", "effort", "Effort"),
    Cause("version", "version", "Claude Code version"),
    Cause("entrypoint", "entrypoint", "Entry point"),
    Cause("user_name", "user", "User"),
)
BY_REPORT = {each.report: each for each in CAUSES}
BY_KIND = {each.kind: each for each in CAUSES}
# What a response counts under that no cause of a kind has.
NONE = "none"

_PROMPTS, _PULL_REQUESTS = "fct_prompts", "fct_pull_requests"
_sum = partial(Measure, how="sum", unit="USD", column="cost_usd")
CAUSING_PROMPTS = Measure(
    "causing_prompts", "fct_api_messages", "distinct", "count", "Prompts behind responses",
    "Prompts that caused a response; a subagent counts for the prompt that started it.",
    column="prompt_entry_id",
)  # fmt: skip
ANSWERED_PROMPTS = Measure(
    "answered_prompts", _PROMPTS, "count", "count", "Answered prompts",
    "Prompts that at least one billed response belongs to.", population="api_messages > 0",
)  # fmt: skip
PROMPT_COST_USD = _sum(
    name="prompt_cost_usd", table=_PROMPTS, label="Cost of prompts",
    description="Cost of what prompts caused, with the subagents that they started.",
)  # fmt: skip
COST_PER_PROMPT_USD = ratio(
    "cost_per_prompt_usd", PROMPT_COST_USD, ANSWERED_PROMPTS, "USD", "Cost per prompt",
    "Mean cost of a prompt that was answered, with the subagents that it started.",
)  # fmt: skip
PULL_REQUESTS = Measure(
    "pull_requests", _PULL_REQUESTS, "count", "count", "Pull requests",
    "Pull requests that a session opened, on the day when it first linked them.",
)  # fmt: skip
PULL_REQUEST_COST_USD = _sum(
    name="pull_request_cost_usd", table=_PULL_REQUESTS, label="Cost of pull requests",
    description="Cost of the responses that belong to pull requests.",
)  # fmt: skip
COST_PER_PULL_REQUEST_USD = ratio(
    "cost_per_pull_request_usd", PULL_REQUEST_COST_USD, PULL_REQUESTS, "USD",
    "Cost per pull request", "Mean cost of a pull request, over all of its sessions.",
)  # fmt: skip
CAUSE_MEASURES = (
    CAUSING_PROMPTS, ANSWERED_PROMPTS, PROMPT_COST_USD, COST_PER_PROMPT_USD, PULL_REQUESTS,
    PULL_REQUEST_COST_USD, COST_PER_PULL_REQUEST_USD,
)  # fmt: skip
