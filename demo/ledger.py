"""Counts what the generator makes, as it makes it: the sample data's truth."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from cca.demo.prices import WEB_SEARCH_USD, Usage, cost_usd, output_usd, rewrite_usd

DEFINITIONS = {
    "transcript_lines": "records in *.jsonl files, copies in forks and resumes included",
    "side_files": "agent-*.meta.json and tool-results/*.txt files",
    "entries": "distinct entries: a uuid counts once however many files hold it; a record without "
    "a uuid counts each time it is written",
    "user_messages": "distinct entries of type user, or of the legacy type message with role user: "
    "prompts, tool results, summaries, notices",
    "assistant_messages": "distinct entries of type assistant (one per content block, error rows "
    "too), or of the legacy type message with role assistant",
    "human_prompts": "what a person typed: user entries and queued_command attachments",
    "api_messages": "distinct message ids that carry usage, <synthetic> rows left out",
    "tool_calls": "distinct ids of tool_use blocks",
    "tool_errors": "tool calls whose result has is_error true, rejected ones too",
    "tool_rejections": "tool calls that the person refused",
    "compactions": "distinct compact_boundary entries",
    "tokens": "per message the largest count any of its rows shows",
    "cost_usd": "tokens at the model's price, without the fee for web searches",
    "cost_usd_with_web_search": "the same and 0.01 USD for each web search",
    "cache_breaks": "responses that wrote to the cache again what was in it, by cause; usd is what "
    "writing it again cost beyond reading it",
    "waste": "what was played to bring little: sessions given up at their whole cost; small "
    "prompts at what the cheapest model of the sample would have saved; compactions soon after "
    "another, with their summary and the writing of the new context",
    "limits": "each window of a plan's limit: the highest percentage that a status line showed, "
    "and tokens and cost of all answers from its beginning to the last line that showed that",
    "causes": "by_skill, by_mcp, by_effort, by_prompt and others: each response once, under what "
    "its rows say of its cause, or under none; a subagent counts for the prompt that started it",
    "pull_request": "the one that was opened from the response's branch: the next after it, else "
    "the last; on main the next one that its session opens",
    "attribution": "project = folder of the file; session = the one that first had the message, "
    "subagents count for their parent; day = UTC date of the message's first row",
}


NONE = "none"
_MAIN = "main"


@dataclass
class Tally:
    """API messages, tokens and cost of one day, model, project or session, or of all."""

    api_messages: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    cache_read_tokens: int = 0
    web_search_requests: int = 0
    cost_usd: Decimal = Decimal(0)
    cost_usd_with_web_search: Decimal = Decimal(0)

    def add(self, usage: Usage, cost: Decimal, searches: int) -> None:
        self.api_messages += 1
        self.input_tokens += usage.input
        self.output_tokens += usage.output
        self.cache_write_5m_tokens += usage.cache_write_5m
        self.cache_write_1h_tokens += usage.cache_write_1h
        self.cache_read_tokens += usage.cache_read
        self.web_search_requests += searches
        self.cost_usd += cost
        self.cost_usd_with_web_search += cost + searches * WEB_SEARCH_USD

    def as_json(self) -> dict[str, Any]:
        """Money as text with 8 places: a float would not be exact."""
        return {
            name: f"{value:.8f}" if isinstance(value, Decimal) else value
            for name, value in vars(self).items()
        }


@dataclass
class ToolTally:
    """What became of the calls of one tool."""

    calls: int = 0
    errors: int = 0
    rejections: int = 0


@dataclass
class BreakTally:
    """Cache breaks of one cause or session."""

    breaks: int = 0
    rewritten_tokens: int = 0
    usd: Decimal = Decimal(0)

    def add(self, tokens: int, usd: Decimal) -> None:
        self.breaks += 1
        self.rewritten_tokens += tokens
        self.usd += usd

    def as_json(self) -> dict[str, Any]:
        return vars(self) | {"usd": f"{self.usd:.10f}"}


@dataclass(frozen=True)
class ApiMessage:
    """One answer of the API, once: where it counts, and for how much."""

    project_id: str
    session_id: str
    model: str
    at: datetime
    usage: Usage
    web_searches: int = 0
    # What caused it, by the name of a dimension; None where nothing did.
    causes: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class PullRequestLink:
    """A session that opened a pull request: from its branch, at that time."""

    project_id: str
    session_id: str
    branch: str
    at: datetime
    pull_request: str


COUNTS = (
    "transcript_lines", "side_files", "entries", "user_messages", "assistant_messages",
    "human_prompts", "tool_calls", "tool_errors", "tool_rejections", "compactions", "lines_added",
    "lines_removed",
)  # fmt: skip


@dataclass
class Ledger:
    """Running totals; each thing made is entered once, copies only as lines."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    total: Tally = field(default_factory=Tally)
    by: dict[str, dict[str, Tally]] = field(
        default_factory=lambda: {"day": {}, "model": {}, "project": {}, "session": {}}
    )
    tools: dict[str, ToolTally] = field(default_factory=lambda: defaultdict(ToolTally))
    cache_breaks: dict[str, dict[str, BreakTally]] = field(
        default_factory=lambda: {"cause": {}, "session": {}}
    )
    sessions: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[ApiMessage, Decimal]] = field(default_factory=list)
    links: list[PullRequestLink] = field(default_factory=list)
    # Sessions that were given up, small prompts with model and cost, costs of compaction loops.
    given_up: list[str] = field(default_factory=list)
    small_prompts: list[tuple[str, Decimal]] = field(default_factory=list)
    compaction_loops: list[Decimal] = field(default_factory=list)

    def count(self, name: str, n: int = 1) -> None:
        self.counts[name] += n

    def tool_call(self, name: str) -> None:
        self.count("tool_calls")
        self.tools[name].calls += 1

    def tool_result(self, name: str, *, is_error: bool, is_rejected: bool) -> None:
        self.count("tool_errors", int(is_error))
        self.count("tool_rejections", int(is_rejected))
        self.tools[name].errors += is_error
        self.tools[name].rejections += is_rejected

    def open_session(self, project_id: str, session_id: str) -> None:
        self.sessions[session_id] = project_id

    def cache_break(self, session_id: str, cause: str, model: str, usage: Usage, lost: int) -> None:
        """Enter a response that wrote again what the cache had lost."""
        tokens = min(lost, usage.cache_write_5m + usage.cache_write_1h)
        for dimension, key in (("cause", cause), ("session", session_id)):
            tally = self.cache_breaks[dimension].setdefault(key, BreakTally())
            tally.add(tokens, rewrite_usd(model, usage, tokens))

    def api_message(self, made: ApiMessage) -> Decimal:
        """Enter it everywhere it counts and return its cost without searches."""
        cost = cost_usd(made.model, made.usage)
        keys = {
            "day": made.at.date().isoformat(),
            "model": made.model,
            "project": made.project_id,
            "session": made.session_id,
            **{name: value or NONE for name, value in made.causes.items()},
        }
        self.total.add(made.usage, cost, made.web_searches)
        for dimension, key in keys.items():
            tallies = self.by.setdefault(dimension, {})
            tallies.setdefault(key, Tally()).add(made.usage, cost, made.web_searches)
        self.messages.append((made, cost))
        return cost

    def waste(self) -> dict[str, list[Decimal]]:
        """What each finding cost, by kind; known at the end only, as sessions grow."""
        cheapest = min((output_usd(model) for model in self.by["model"]), default=Decimal(0))
        return {
            "session given up": [self.by["session"][each].cost_usd for each in self.given_up],
            "expensive model for a small prompt": [
                cost * (1 - cheapest / output_usd(model)) for model, cost in self.small_prompts
            ],
            "compaction loop": self.compaction_loops,
        }

    def by_pull_request(self) -> dict[str, Tally]:
        """Known at the end only: a branch's responses come before its pull request."""
        tallies: dict[str, Tally] = {}
        for made, cost in self.messages:
            name = self._pull_request_of(made) or NONE
            tallies.setdefault(name, Tally()).add(made.usage, cost, made.web_searches)
        return tallies

    def _pull_request_of(self, made: ApiMessage) -> str | None:
        branch = made.causes.get("branch")
        is_own = branch != _MAIN
        opened = sorted(
            (link.at, link.pull_request)
            for link in self.links
            if (link.project_id == made.project_id and link.branch == branch if is_own
                else link.session_id == made.session_id)
        )  # fmt: skip
        later = [name for at, name in opened if at >= made.at]
        if later:
            return later[0]
        return opened[-1][1] if opened and is_own else None
