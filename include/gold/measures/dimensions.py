"""What measures are split by."""

from cca.gold.measures.model import Dimension

_ALL = (
    Dimension("day", "day", "Day", "Calendar day, on the clock of TIMEZONE."),
    Dimension(
        "week", "cast(date_trunc('week', day) as date)", "Week", "Monday of the week, by TIMEZONE."
    ),
    Dimension("month", "strftime(day, '%Y-%m')", "Month", "Calendar month, by TIMEZONE."),
    Dimension("hour_at", "hour_at", "Hour", "Beginning of the hour, on the clock of TIMEZONE."),
    Dimension(
        "weekday", "cast(extract(isodow from hour_at) as integer)", "Weekday", "1 is Monday."
    ),
    Dimension(
        "hour", "cast(extract(hour from hour_at) as integer)", "Hour of the day", "0 to 23."
    ),
    Dimension("model", "coalesce(model, 'unknown')", "Model", "Model that answered."),
    Dimension(
        "project_id", "project_id", "Project folder", "Project folder (slug).",
    ),
    Dimension(
        "project_key", "project_key", "Project", "Directory in which the session began.",
        labels="dim_projects", key="project_key",
    ),
    Dimension(
        "repository",
        "(select min(p.repository) from marts.dim_projects as p "
        "where p.project_key = m.project_key)",
        "Repository", "Project with its worktrees, and with what it was called before it moved.",
    ),
    Dimension("host", "host", "Machine", "Machine the entries came from."),
    Dimension(
        "session_id", "session_id", "Session", "Session; subagents count for theirs.",
        labels="dim_sessions", key="session_id",
    ),
    Dimension(
        "tool_name", "tool_name", "Tool", "Tool as called.", labels="dim_tools", key="tool_name"
    ),
    Dimension(
        "cache_break_cause", "cache_break_cause", "Cause", "Why a response broke the cache."
    ),
    Dimension(
        "turn_number", "turn_number", "Turn", "Number of the prompt in its session, from 1."
    ),
    Dimension("part", "part", "Part of the context", "What fills the context."),
    Dimension("kind", "kind", "Kind of finding", "By which rule money brought little."),
    Dimension("source", "source", "Source", "tool or api."),
    Dimension("error_class", "error_class", "Error", "Why it failed, by the start of its result."),
    Dimension("task_category", "task_category", "Task", "What a prompt asks for, by its words."),
    Dimension("outcome", "coalesce(outcome, 'unknown')", "Outcome", "How a session ended."),
    Dimension(
        "agent_type", "coalesce(agent_type, 'not said')", "Kind of subagent", "Its type."
    ),
    Dimension(
        "file_extension", "coalesce(file_extension, 'none')", "File type", "Extension of the file."
    ),
    Dimension("file_path", "file_path", "File", "File that a tool worked on."),
    Dimension("operation", "operation", "Operation", "read, edit, write, search or other."),
    Dimension("limit_name", "limit_name", "Limit", "five_hour or seven_day."),
    Dimension("skill", "coalesce(skill, 'none')", "Skill", "Skill that it was written for."),
    Dimension(
        "plugin", "coalesce(plugin, 'none')", "Plugin", "Plugin of the skill or the subagent."
    ),
    Dimension(
        "mcp_server", "coalesce(mcp_server, 'none')", "MCP server",
        "MCP server that a response calls, or whose result it answers to.",
    ),
    Dimension(
        "mcp_tool", "coalesce(mcp_server || '/' || mcp_tool, mcp_server, 'none')", "MCP tool",
        "The same with the tool: server/tool.",
    ),
    Dimension(
        "agent", "coalesce(agent_type, case when is_sidechain then 'not said' else 'none' end)",
        "Subagent", "Kind of subagent that wrote it; none on the main thread.",
    ),
    Dimension(
        "command", "coalesce(command_name, 'none')", "Slash command",
        "Slash command that the prompt gave which caused it.",
    ),
    Dimension(
        "category", "coalesce(task_category, 'none')", "Task of the prompt",
        "What the prompt asks for that caused it, guessed from its words.",
    ),
    Dimension("branch", "coalesce(git_branch, 'none')", "Branch", "Git branch it was written on."),
    Dimension(
        "pull_request", "coalesce(pull_request, 'none')", "Pull request",
        "Pull request of its branch, else the next that its session opens.",
        labels="fct_pull_requests", key="pull_request",
    ),
    Dimension("effort", "coalesce(effort, 'none')", "Effort", "Effort of the turn."),
    Dimension(
        "version", "coalesce(version, 'none')", "Claude Code version", "Version that wrote it."
    ),
    Dimension(
        "entrypoint", "coalesce(entrypoint, 'none')", "Entry point",
        "cli, claude-vscode and others.",
    ),
    Dimension(
        "user_name", "coalesce(user_name, 'none')", "User", "Whose home folder the session ran in."
    ),
    Dimension(
        "person",
        "coalesce((select min(s.user_name) from marts.dim_sessions as s "
        "where s.session_id = m.session_id), 'none')",
        "Person", "The same, for facts that know their session alone.",
    ),
    Dimension(
        "price_variant", "coalesce(price_variant, 'standard')", "Price",
        "Price list that a response was counted by: standard, batch or fast.",
    ),
    Dimension("reason", "reason", "Reason", "Why an entry did not become a row."),
    Dimension("verdict", "verdict", "Verdict", "How Claude Code's own totals compare with ours."),
)  # fmt: skip
DIMENSIONS = {each.name: each for each in _ALL}
