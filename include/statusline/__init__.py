"""Claude Code's status line: one line to print, and what only a status line gets, recorded.

Claude Code starts the command for each line, so what prints it imports neither pydantic, DuckDB,
click nor dataclasses. `keep`, which publish calls, is not part of that.
"""
