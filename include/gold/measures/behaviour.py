"""Measures of how Claude works: a row of `fct_work` is work for a prompt, or a subagent's run.

Each value has the cases behind it: a value of few cases says nothing. What rests on a heuristic
names it; docs/behaviour.md tells its rule and how often it was right on real sessions.
"""

from dataclasses import dataclass
from functools import partial

from cca.gold.measures.model import Measure, ratio

_WORK = "fct_work"
_sum = partial(Measure, table=_WORK, how="sum", unit="count")
_count = partial(Measure, table=_WORK, how="count", unit="count")

WORKS = _count(
    name="works", label="Work",
    description="Prompts that Claude worked on, and runs of subagents.",
)  # fmt: skip
WORKED_PROMPTS = _count(
    name="worked_prompts", population="is_prompt", label="Prompts worked on",
    description="Prompts of the main thread with what Claude did for each.",
)  # fmt: skip
FOLLOWED_PROMPTS = _count(
    name="followed_prompts", population="is_prompt and is_followed",
    label="Prompts with a next one",
    description="Prompts after which the session has another, which could correct.",
)  # fmt: skip
CORRECTED_PROMPTS = _count(
    name="corrected_prompts", population="is_prompt and is_corrected", label="Corrected prompts",
    description="Prompts whose work the next prompt corrects, by its words.",
)  # fmt: skip
CORRECTION_RATE = ratio(
    "correction_rate", CORRECTED_PROMPTS, FOLLOWED_PROMPTS, "share", "Corrected",
    "Share of the prompts with a next one whose work that next one corrects, by its words.",
)  # fmt: skip
INTERRUPTIONS = _sum(
    name="interruptions", column="interruptions", population="is_prompt", label="Interruptions",
    description="How often a person stopped Claude; declining a call may stop it too.",
)  # fmt: skip
INTERRUPTIONS_PER_PROMPT = ratio(
    "interruptions_per_prompt", INTERRUPTIONS, WORKED_PROMPTS, "ratio", "Interruptions per prompt",
    "How often a person stopped Claude, for each prompt.",
)  # fmt: skip
DECLINES = _sum(
    name="declines", column="declined_calls", population="is_prompt", label="Declines",
    description="Tool calls of the main thread that a person declined.",
)  # fmt: skip
DECLINES_PER_PROMPT = ratio(
    "declines_per_prompt", DECLINES, WORKED_PROMPTS, "ratio", "Declines per prompt",
    "Tool calls that a person declined, for each prompt.",
)  # fmt: skip
ENDED_CALLS = _sum(
    name="ended_calls_of_work", column="ended_calls", label="Ended calls of work",
    description="Tool calls that ran and ended: succeeded or failed.",
)  # fmt: skip
FAILED_CALLS = _sum(
    name="failed_calls_of_work", column="failed_calls", label="Failed calls of work",
    description="Tool calls that ran and failed.",
)  # fmt: skip
FAILURE_RATE = ratio(
    "work_failure_rate", FAILED_CALLS, ENDED_CALLS, "share", "Calls that failed",
    "Share of the tool calls that ran and ended which failed.",
)  # fmt: skip
EDITING_WORKS = _count(
    name="works_with_edits", population="edits > 0", label="Work with edits",
    description="Prompts and subagents' runs in which Claude changed a file.",
)  # fmt: skip
FILES_READ = _sum(
    name="files_read_before_edit", column="files_read_before_edit",
    label="Files read first, number",
    description="Different files that Claude read before the first edit of each work.",
)  # fmt: skip
FILES_READ_PER_WORK = ratio(
    "files_read_per_work", FILES_READ, EDITING_WORKS, "ratio", "Files read before the first edit",
    "Different files read before the first edit, on average over the work that edits.",
)  # fmt: skip
TIMED_WORKS = _count(
    name="timed_works", population="seconds_to_first_edit is not null",
    label="Prompts with edits", description="Prompts for which Claude changed a file.",
)  # fmt: skip
P50_SECONDS_TO_FIRST_EDIT = Measure(
    "p50_seconds_to_first_edit", _WORK, "percentile", "seconds", "Time to first edit",
    "Half of the prompts that led to an edit waited no longer for it.",
    column="seconds_to_first_edit",
)  # fmt: skip
EDITS = _sum(
    name="edits", column="edits", label="Edits",
    description="Edits and writes of files that succeeded; shell commands are not in it.",
)  # fmt: skip
REPEATED_EDITS = _sum(
    name="repeated_edits", column="repeated_edits", label="Edits after a failed check",
    description="Edits of a file that was changed before, after a check failed in between.",
)  # fmt: skip
REPEATED_EDIT_RATE = ratio(
    "repeated_edit_rate", REPEATED_EDITS, EDITS, "share", "Edits again after a failed check",
    "Share of the edits that change a file again after a check failed in between.",
)  # fmt: skip
CHECKED_EDITS = _sum(
    name="checked_edits", column="checked_edits", label="Checked edits",
    description="Edits that a check came after, in the same work.",
)  # fmt: skip
ONE_SHOT_EDITS = _sum(
    name="one_shot_edits", column="one_shot_edits", label="One-shot edits, number",
    description="Checked edits whose file was not changed again after that check.",
)  # fmt: skip
ONE_SHOT_RATE = ratio(
    "one_shot_rate", ONE_SHOT_EDITS, CHECKED_EDITS, "share", "One-shot edits",
    "Share of the checked edits whose file was not changed again after that check.",
)  # fmt: skip
MEASURED_RESPONSES = _sum(
    name="measured_responses", column="measured_responses", label="Responses with counted thinking",
    description="Responses of which the transcript says how many tokens were thinking.",
)  # fmt: skip
_THINKING = Measure(
    "thinking_tokens_of_work", _WORK, "sum", "tokens", "Thinking tokens of work",
    "Thinking tokens of the responses whose thinking is counted.", column="thinking_tokens",
)  # fmt: skip
THINKING_PER_RESPONSE = ratio(
    "thinking_tokens_per_response", _THINKING, MEASURED_RESPONSES, "tokens",
    "Thinking tokens per response",
    "Thinking tokens of a response on average, where the transcript counts them; no estimate.",
)  # fmt: skip
CHANGED_LINES = _sum(
    name="changed_lines", column="changed_lines", label="Changed lines",
    description="Lines that edits and writes added and removed.",
)  # fmt: skip
_OUTPUT = Measure(
    "output_tokens_of_edits", _WORK, "sum", "tokens", "Output tokens of work with changes",
    "Output tokens of the work that changed lines.", column="output_tokens",
    population="changed_lines > 0",
)  # fmt: skip
OUTPUT_PER_LINE = ratio(
    "output_tokens_per_changed_line", _OUTPUT, CHANGED_LINES, "tokens",
    "Output tokens per changed line",
    "Output tokens of the work that changed lines, for each line that it added or removed.",
)  # fmt: skip


@dataclass(frozen=True)
class Aspect:
    """A value, the cases behind it, and the heuristics that it rests on."""

    value: Measure
    cases: Measure
    heuristics: tuple[str, ...] = ()


ASPECTS = (
    Aspect(CORRECTION_RATE, FOLLOWED_PROMPTS, ("correction",)),
    Aspect(ONE_SHOT_RATE, CHECKED_EDITS, ("check",)),
    Aspect(REPEATED_EDIT_RATE, EDITS, ("check", "failed check")),
    Aspect(FAILURE_RATE, ENDED_CALLS),
    Aspect(INTERRUPTIONS_PER_PROMPT, WORKED_PROMPTS),
    Aspect(DECLINES_PER_PROMPT, WORKED_PROMPTS),
    Aspect(FILES_READ_PER_WORK, EDITING_WORKS),
    Aspect(P50_SECONDS_TO_FIRST_EDIT, TIMED_WORKS),
    Aspect(THINKING_PER_RESPONSE, MEASURED_RESPONSES),
    Aspect(OUTPUT_PER_LINE, CHANGED_LINES),
)
# Values of fewer cases are shown faded: nobody may conclude from them.
FEW_CASES = 20

BEHAVIOUR = (
    WORKS, WORKED_PROMPTS, FOLLOWED_PROMPTS, CORRECTED_PROMPTS, CORRECTION_RATE, INTERRUPTIONS,
    INTERRUPTIONS_PER_PROMPT, DECLINES, DECLINES_PER_PROMPT, ENDED_CALLS, FAILED_CALLS,
    FAILURE_RATE, EDITING_WORKS, FILES_READ, FILES_READ_PER_WORK, TIMED_WORKS,
    P50_SECONDS_TO_FIRST_EDIT, EDITS, REPEATED_EDITS, REPEATED_EDIT_RATE, CHECKED_EDITS,
    ONE_SHOT_EDITS, ONE_SHOT_RATE, MEASURED_RESPONSES, _THINKING, THINKING_PER_RESPONSE,
    CHANGED_LINES, _OUTPUT, OUTPUT_PER_LINE,
)  # fmt: skip
