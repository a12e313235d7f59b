"""Why a cache breaks and by which rules money brought little, told in one sentence each.

The names are those of `cache_break_cause` and of `kind` in `agg_waste`; docs/cache-and-context.md
tells the whole rule.
"""

# In the order in which they are tried: the first that applies is the cause.
BREAK_CAUSES = {
    "compaction": "A compaction stands between: the new context is written.",
    "model switch": "Another model answers: each has a cache of its own.",
    "time to live lapsed": "More time passed than the cache lives: 5 minutes or 1 hour.",
    "fork": "The response before was copied from another session.",
    "effort switch": "Another effort than that of the response before (heuristic).",
    "tools or system prompt changed": (
        "Another version, or a command or note that changes tools or system prompt (heuristic)."
    ),
    "unexplained": "None of these: a server may lose a cache without telling.",
}
WASTE_RULES = {
    "cache break": "It wrote to the cache again what was in it; compactions stand apart.",
    "session given up": "It ended without an answer or with errors, and changed no file.",
    "failed call tried again": "A call failed, and the same tool was called soon after it.",
    "file read again unchanged": "Nothing had changed the file since it was read before.",
    "compaction loop": "A compaction within ten responses of the last one.",
    "expensive model for a small prompt": (
        "One short answer without a tool; the cheapest model in use costs a quarter or less."
    ),
}
