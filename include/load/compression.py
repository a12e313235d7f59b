"""How DuckDB packs a text of the warehouse or of gold, by its name.

It would try every compression on every column, which is a sixth of what a load costs. A text that
is named here in no set is left to it.
"""

from cca.lake.store import LONG_COLUMNS

_IDS = frozenset({"_id", "uuid", "parent_uuid", "document_id", "entry_id"})
_REPEATING = frozenset({
    "project_id", "session_id", "stream", "source_file", "host", "type", "subtype", "kind",
    "entry_session_id", "role", "model", "stop_reason", "service_tier", "speed", "inference_geo",
    "cwd", "project_key", "repository", "git_branch", "user_name", "version", "entrypoint",
    "agent_id", "skill", "plugin", "mcp_server", "mcp_tool", "agent_type", "effort",
    "prompt_source", "origin_kind", "permission_mode", "speaker", "message_kind", "command",
    "command_name", "task_category", "tool_name", "error_class", "check_kind", "lake_file",
    "status", "price_variant", "cache_break_cause",
})  # fmt: skip


def compression(name: str) -> str:
    """Return what stands behind a text's type in `create table`; empty where DuckDB chooses."""
    if name in _IDS:
        return " using compression fsst"
    if name in _REPEATING:
        return " using compression dictionary"
    # DuckDB chooses by speed alone; zstd holds long texts in a sixth of the space at the same cost.
    return " using compression zstd" if name in LONG_COLUMNS else ""
