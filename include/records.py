"""The datasets of the lake, defined once: Iceberg, DuckDB and dbt derive from them.

Times are UTC microseconds, tokens are counts, `*_json` columns hold JSON text.
"""

import pyarrow as pa

_AT = pa.timestamp("us", tz="UTC")


def _field(name: str, kind: pa.DataType, doc: str, *, required: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=not required, metadata={"doc": doc})


_PLACE = [
    _field("_id", pa.string(), "MongoDB `_id` of the entry.", required=True),
    _field("project_id", pa.string(), "Project folder under CLAUDE_DIR (the slug).", required=True),
    _field("session_id", pa.string(), "Session, from the file's path.", required=True),
    _field(
        "stream",
        pa.string(),
        "Stream of the entry: session, or session and agent file.",
        required=True,
    ),
    _field(
        "generation", pa.int32(), "How often the file was read again from its start.", required=True
    ),
    _field("source_offset", pa.int64(), "Byte offset of the record in its file.", required=True),
    _field("source_file", pa.string(), "Path of the file under CLAUDE_DIR.", required=True),
    _field("host", pa.string(), "Machine the entry came from.", required=True),
    _field("ingested_at", _AT, "When MongoDB took the entry, by its own clock.", required=True),
    _field(
        "event_at", _AT, "When it happened: own timestamp, else the last before it.", required=True
    ),
    _field("date", pa.date32(), "UTC date of event_at; the lake's partition.", required=True),
    _field(
        "is_clock_wrong",
        pa.bool_(),
        "event_at cannot be true: before Claude Code, or after MongoDB took the entry.",
        required=True,
    ),
]

CONVERSATIONS = pa.schema(
    [
        *_PLACE,
        _field(
            "type", pa.string(), "Entry type as written; legacy `message` entries stay `message`."
        ),
        _field("subtype", pa.string(), "Subtype of system and attachment entries."),
        _field("uuid", pa.string(), "Entry's own uuid; copies in forks and resumes share it."),
        _field("parent_uuid", pa.string(), "uuid of the entry before it in the conversation tree."),
        _field("entry_session_id", pa.string(), "sessionId written in the entry."),
        _field("timestamp", _AT, "Entry's own timestamp; null where it has none."),
        _field("role", pa.string(), "user or assistant; null for other entries."),
        _field("message_id", pa.string(), "API message id; progress entries give their inner one."),
        _field("request_id", pa.string(), "API request id."),
        _field("model", pa.string(), "Model as written."),
        _field("stop_reason", pa.string(), "Why the answer stopped; null on partial rows."),
        _field(
            "has_usage", pa.bool_(), "Whether a usage object stood on the entry.", required=True
        ),
        _field("input_tokens", pa.int64(), "Uncached input tokens on this row."),
        _field("output_tokens", pa.int64(), "Output tokens on this row (partial on early rows)."),
        _field(
            "cache_creation_tokens",
            pa.int64(),
            "Cache writes of both kinds, as written; rows without the 5m/1h split have only this.",
        ),
        _field("cache_write_5m_tokens", pa.int64(), "Tokens written to the 5-minute cache."),
        _field("cache_write_1h_tokens", pa.int64(), "Tokens written to the 1-hour cache."),
        _field("cache_read_tokens", pa.int64(), "Tokens read from the cache."),
        _field("thinking_tokens", pa.int64(), "Thinking tokens, a part of output_tokens."),
        _field(
            "web_search_requests",
            pa.int64(),
            "Searches made: usage's count on an answer, "
            "toolUseResult.searchCount on a tool result.",
        ),
        _field("service_tier", pa.string(), "standard, batch or priority."),
        _field("speed", pa.string(), "standard or fast."),
        _field("inference_geo", pa.string(), "Where the request was served, as written: us, …"),
        _field("is_usage_final", pa.bool_(), "Row has a stop_reason or usage.iterations."),
        _field(
            "further_usage_json",
            pa.string(),
            "Answers billed beside the totals (an advisor's, a compaction's): JSON list of their "
            "kind, number, model and tokens; null on most rows.",
        ),
        _field("api_block_index", pa.int32(), "Order of the block within the API message."),
        _field("cwd", pa.string(), "Working directory of the session at that entry."),
        _field("project_key", pa.string(), "The same, by which two folders are one project."),
        _field("repository", pa.string(), "Folder of the repository of a worktree, else the key."),
        _field("is_project_folder", pa.bool_(), "cwd is the folder that the slug was made of."),
        _field("git_branch", pa.string(), "Git branch as written."),
        _field("user_name", pa.string(), "Whose home folder the working directory lies in."),
        _field("version", pa.string(), "Claude Code version."),
        _field("entrypoint", pa.string(), "cli, sdk-cli, claude-vscode, …"),
        _field("is_sidechain", pa.bool_(), "Entry of a subagent.", required=True),
        _field("is_meta", pa.bool_(), "Entry that Claude Code wrote for itself.", required=True),
        _field(
            "is_compact_summary", pa.bool_(), "Summary that follows a compaction.", required=True
        ),
        _field("is_api_error", pa.bool_(), "API error shown as an answer.", required=True),
        _field("agent_id", pa.string(), "Subagent's id, from the entry or its file name."),
        _field("skill", pa.string(), "Skill that a response was written for."),
        _field("plugin", pa.string(), "Plugin that the skill or the subagent belongs to."),
        _field("mcp_server", pa.string(), "MCP server that a response calls, or answers to."),
        _field("mcp_tool", pa.string(), "That tool's name at its server."),
        _field("agent_type", pa.string(), "Kind of subagent that wrote a response."),
        _field("effort", pa.string(), "Effort of the turn, else of the session: low, high, …"),
        _field("pull_request", pa.string(), "Pull request linked: owner/repository#number."),
        _field("pull_request_url", pa.string(), "Its address."),
        _field("prompt_id", pa.string(), "Prompt id (forks rewrite it)."),
        _field("prompt_source", pa.string(), "typed, queued, sdk, system, …"),
        _field("origin_kind", pa.string(), "origin.kind: human, task-notification, …"),
        _field("permission_mode", pa.string(), "Permission mode."),
        _field(
            "speaker",
            pa.string(),
            "Who said it: person, claude, tool, teammate, task (what a subagent is asked) or "
            "machine; null for entries that say nothing.",
        ),
        _field(
            "message_kind",
            pa.string(),
            "prompt, command, answer, result, message, notification, channel, shell, "
            "interruption, summary, context, …",
        ),
        _field("is_human_prompt", pa.bool_(), "A person asked Claude.", required=True),
        _field("prompt_text", pa.string(), "What the person typed, whole; prompts only."),
        _field("command", pa.string(), "Slash command that was given, with its slash."),
        _field("headline", pa.string(), "Title that a session without one takes from the entry."),
        _field("task_category", pa.string(), "What the prompt asks for, guessed from its words."),
        _field(
            "is_correction",
            pa.bool_(),
            "The prompt's words correct what Claude did; a heuristic, prompts only.",
        ),
        _field("text", pa.string(), "Readable text: prompt, answer, title, summary, system line."),
        _field(
            "attached_characters",
            pa.int64(),
            "Characters that the model reads of an attachment, where the entry says them.",
        ),
        _field("details_json", pa.string(), "What rare entries say beyond these columns, as JSON."),
        _field(
            "rest_json",
            pa.string(),
            "What the entry says beyond this row and its blocks, as JSON: docs/lake.md has the "
            "query for the whole entry.",
        ),
    ]
)

CONTENT_BLOCKS = pa.schema(
    [
        *_PLACE,
        _field("block_index", pa.int32(), "Position of the block in its entry.", required=True),
        _field("entry_uuid", pa.string(), "uuid of the entry."),
        _field("timestamp", _AT, "Entry's own timestamp; null where it has none."),
        _field("message_id", pa.string(), "API message id of the entry."),
        _field("role", pa.string(), "user or assistant."),
        _field("agent_id", pa.string(), "Subagent's id."),
        _field("is_sidechain", pa.bool_(), "Entry of a subagent.", required=True),
        _field(
            "kind",
            pa.string(),
            "text, thinking, tool_use, tool_result, image, … as written.",
            required=True,
        ),
        _field("tool_use_id", pa.string(), "Call's id: own on tool_use, answered on tool_result."),
        _field("tool_name", pa.string(), "Tool called; tool_use only."),
        _field("input_json", pa.string(), "Tool input; tool_use only."),
        _field("is_error", pa.bool_(), "tool_result only; null where not written."),
        _field("text", pa.string(), "Text of the block; tool results: their text parts."),
        _field("subject", pa.string(), "Skill or kind of subagent that a call names."),
        _field("error_text", pa.string(), "Start of an error's text; failed tool_result only."),
        _field("error_class", pa.string(), "Why the call failed; failed tool_result only."),
        _field("is_rejected", pa.bool_(), "A person said no; failed tool_result only."),
        _field("file_path", pa.string(), "File the tool worked on, from input or result."),
        _field("lines_added", pa.int32(), "Lines added, by the result's patch (tool_result)."),
        _field("lines_removed", pa.int32(), "Lines removed, by the result's patch (tool_result)."),
        _field("opens_pull_request", pa.bool_(), "The shell command opens one; tool_use only."),
        _field("pull_request", pa.string(), "Pull request that the result's last line names."),
        _field("pull_request_url", pa.string(), "Its address; tool_result only."),
        _field(
            "check_kind",
            pa.string(),
            "test, build, types or lint: what the command of a call checks; tool_use only.",
        ),
        _field(
            "reports_failure",
            pa.bool_(),
            "What was printed ends with words of failure; results of shell commands only.",
        ),
        _field("commit_hash", pa.string(), "Short hash of the commit that a result reports."),
        _field("commit_subject", pa.string(), "First line of that commit's message."),
        _field(
            "characters", pa.int64(), "Characters that the model reads: words, or a call's input."
        ),
        _field("pictures", pa.int32(), "Pictures and documents in it, beside the characters."),
    ]
)

LIMITS = pa.schema(
    [
        *_PLACE,
        _field("project_key", pa.string(), "Folder of the session, by which it is a project."),
        _field("version", pa.string(), "Claude Code version."),
        _field("model", pa.string(), "Model of the session."),
        _field("cost_usd", pa.float64(), "Cost of the session so far, by Claude Code."),
        _field("context_percentage", pa.float64(), "How full the context is, 0 to 100."),
        _field("context_tokens", pa.int64(), "Tokens in the context."),
        _field("context_size", pa.int64(), "Tokens that the context can hold."),
        _field("five_hour_percentage", pa.float64(), "Used of the five-hour limit, 0 to 100."),
        _field("five_hour_resets_at", _AT, "End of the five-hour limit's window."),
        _field("seven_day_percentage", pa.float64(), "Used of the weekly limit, 0 to 100."),
        _field("seven_day_resets_at", _AT, "End of the weekly limit's window."),
    ]
)

REJECTS = pa.schema(
    [
        _field("_id", pa.string(), "MongoDB `_id` of the document.", required=True),
        _field("ingested_at", _AT, "When MongoDB took the document.", required=True),
        _field("event_at", _AT, "When it happened.", required=True),
        _field("date", pa.date32(), "UTC date of event_at; the lake's partition.", required=True),
        _field("reason", pa.string(), "Why it did not become a row.", required=True),
        _field("document_json", pa.string(), "The document as extended JSON.", required=True),
    ]
)

DATASETS = {
    "conversations": CONVERSATIONS,
    "content_blocks": CONTENT_BLOCKS,
    "limits": LIMITS,
    "rejects": REJECTS,
}

# Columns of earlier versions: Iceberg tables lose them, and older snapshots keep them.
RETIRED = {"conversations": frozenset({"entry_json"})}

# What no model reads: in the warehouse its long texts would be most of what a load costs.
LAKE_ONLY = {
    "conversations": {"rest_json"},
    "content_blocks": {"text", "input_json", "entry_uuid", "source_file"},
}


def raw_schema(dataset: str) -> pa.Schema:
    """What the warehouse takes of a dataset."""
    unread = LAKE_ONLY.get(dataset, set())
    return pa.schema([field for field in DATASETS[dataset] if field.name not in unread])
