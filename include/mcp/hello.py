"""The line at the start of a session: how many earlier sessions this project has."""

import duckdb

from cca.errors import CcaError
from cca.gold.open import open_gold
from cca.settings import Settings
from cca.transcript.slugs import repository_of

# A worktree's history is its repository's.
_SESSIONS = """
select count(*), max(ended_at) from marts.dim_sessions
where repository = $repository and session_id <> $current
"""


def hello(settings: Settings, folder: str) -> str:
    """Return the line; empty where the archive has nothing of this project."""
    bound = {"repository": repository_of(folder), "current": settings.claude_code_session_id}
    try:
        with open_gold(settings.gold_path) as gold:
            found = gold.execute(_SESSIONS, bound).fetchone()
    except (CcaError, duckdb.Error):
        return ""
    sessions, last = found or (0, None)
    if not sessions:
        return ""
    noun = "session" if sessions == 1 else "sessions"
    return (
        f"The archive holds {sessions:,} earlier {noun} of this project, the last of "
        f"{last:%Y-%m-%d}. The tools of cca search them."
    )
