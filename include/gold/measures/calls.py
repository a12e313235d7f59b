"""Measures of tool calls, of what fails, and of the code that tools change.

A call ends in one of four ways: it succeeded, it failed, a person declined it, or it is open.
Rates and durations are of the calls that ran: the first two.
"""

from functools import partial

from cca.gold.measures.model import Measure, ratio

_CALLS = "fct_tool_calls"
_calls = partial(Measure, table=_CALLS, how="count", unit="count")

SUCCEEDED = "status = 'success'"
FAILED = "is_failed"
DECLINED = "is_rejected"
OPEN = "status = 'pending'"
RAN = "status <> 'pending' and not is_rejected"

TOOL_CALLS = _calls(
    name="tool_calls", label="Tool calls",
    description="Calls of any tool; copies in forks and resumed sessions are counted once.",
)  # fmt: skip
SUCCEEDED_CALLS = _calls(
    name="succeeded_calls", population=SUCCEEDED, label="Succeeded calls",
    description="Calls whose result is no error.",
)  # fmt: skip
FAILED_CALLS = _calls(
    name="failed_calls", population=FAILED, label="Failed calls",
    description="Calls that ran and whose result is an error; declined calls did not run.",
)  # fmt: skip
DECLINED_CALLS = _calls(
    name="declined_calls", population=DECLINED, label="Declined calls",
    description="Calls that the user declined; they never ran.",
)  # fmt: skip
OPEN_CALLS = _calls(
    name="open_calls", population=OPEN, label="Open calls",
    description="Calls without a result.",
)  # fmt: skip
ENDED_CALLS = _calls(
    name="ended_calls", population=RAN, label="Ended calls",
    description="Calls that ran and ended: succeeded or failed.",
)  # fmt: skip
SUCCESS_RATE = ratio(
    "success_rate", SUCCEEDED_CALLS, ENDED_CALLS, "share", "Success rate",
    "Share of the calls that ran and ended which succeeded; declined and open calls do not count.",
)  # fmt: skip
FAILURE_RATE = ratio(
    "failure_rate", FAILED_CALLS, ENDED_CALLS, "share", "Failure rate",
    "Share of the calls that ran and ended which failed; declined and open calls do not count.",
)  # fmt: skip
_duration = partial(
    Measure, table=_CALLS, unit="milliseconds", column="duration_ms", population=RAN
)
P50_DURATION_MS = _duration(
    name="p50_duration_ms", how="percentile", quantile=0.5, label="Median duration",
    description="Half of the calls that ran took no longer from call to result.",
)  # fmt: skip
P95_DURATION_MS = _duration(
    name="p95_duration_ms", how="percentile", quantile=0.95, label="95th percentile of duration",
    description="95 % of the calls that ran took no longer from call to result.",
)  # fmt: skip
AVG_DURATION_MS = _duration(
    name="avg_duration_ms", how="average", label="Average duration",
    description="Mean time from call to result, of the calls that ran.",
)  # fmt: skip
MAX_DURATION_MS = _duration(
    name="max_duration_ms", how="largest", label="Longest call",
    description="Longest time from call to result, of the calls that ran.",
)  # fmt: skip
CALLING_SESSIONS = Measure(
    "calling_sessions", _CALLS, "distinct", "count", "Sessions with tool calls",
    "Sessions with at least one tool call.", column="session_id",
)  # fmt: skip
TOOLS_USED = Measure(
    "tools_used", _CALLS, "distinct", "count", "Tools", "Different tools that were called.",
    column="tool_name",
)  # fmt: skip

_ERRORS = "fct_errors"
ERRORS = Measure(
    "errors", _ERRORS, "count", "count", "Errors", "Failed tool calls and errors of the API."
)
API_ERRORS = Measure(
    "api_errors", _ERRORS, "count", "count", "API errors",
    "Errors of the API: overload, limits and network; retries that were written down count.",
    population="source = 'api'",
)  # fmt: skip
ERROR_SESSIONS = Measure(
    "error_sessions", _ERRORS, "distinct", "count", "Sessions with errors",
    "Sessions with a failed tool call or an error of the API.", column="session_id",
)  # fmt: skip

_FILES = "fct_file_operations"
CHANGED = "operation in ('edit', 'write') and status = 'success'"
_changes = partial(Measure, table=_FILES, population=CHANGED)
CHANGES = _changes(
    name="changes", how="count", unit="count", label="Changes",
    description="Edits and writes of files that succeeded; shell commands are not in it.",
)  # fmt: skip
LINES_ADDED = _changes(
    name="lines_added", how="sum", unit="lines", column="lines_added", label="Lines added",
    description="Lines added by edits and writes that succeeded, by the patches they report.",
)  # fmt: skip
LINES_REMOVED = _changes(
    name="lines_removed", how="sum", unit="lines", column="lines_removed", label="Lines removed",
    description="Lines removed by edits and writes that succeeded, by the patches they report.",
)  # fmt: skip
FILES_CHANGED = _changes(
    name="files_changed", how="distinct", unit="count", label="Files changed",
    column="project_key || ':' || file_path",
    description="Different files of a project that an edit or a write changed.",
)  # fmt: skip
CHANGING_SESSIONS = _changes(
    name="changing_sessions", how="distinct", unit="count", column="session_id",
    label="Sessions with changes", description="Sessions that changed at least one file.",
)  # fmt: skip
CHANGE_DAYS = _changes(
    name="change_days", how="distinct", unit="days", column="day", label="Days with changes",
    description="Days on which at least one file was changed.",
)  # fmt: skip
_touches = partial(
    Measure, table=_FILES, unit="count",
    population="operation in ('read', 'edit', 'write') and status = 'success'",
)  # fmt: skip
FILE_OPERATIONS = _touches(
    name="file_operations", how="count", label="File operations",
    description="Reads, edits and writes of files that succeeded.",
)  # fmt: skip
TOUCHING_SESSIONS = _touches(
    name="touching_sessions", how="distinct", column="session_id", label="Sessions with files",
    description="Sessions that read, edited or wrote a file.",
)  # fmt: skip

CALLS = (
    TOOL_CALLS, SUCCEEDED_CALLS, FAILED_CALLS, DECLINED_CALLS, OPEN_CALLS, ENDED_CALLS,
    SUCCESS_RATE, FAILURE_RATE, P50_DURATION_MS, P95_DURATION_MS, AVG_DURATION_MS,
    MAX_DURATION_MS, CALLING_SESSIONS, TOOLS_USED, ERRORS, API_ERRORS, ERROR_SESSIONS, CHANGES,
    LINES_ADDED, LINES_REMOVED, FILES_CHANGED, CHANGING_SESSIONS, CHANGE_DAYS, FILE_OPERATIONS,
    TOUCHING_SESSIONS,
)  # fmt: skip
