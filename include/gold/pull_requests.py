"""Which responses belong to a pull request, and which sessions worked on it: one rule for all."""

import logging

import duckdb

from cca.errors import NotFound
from cca.gold.open import reading_gold
from cca.settings import Settings
from cca.transcript.pull_requests import at_address

log = logging.getLogger(__name__)

# A whole name (owner/repository#12), or its end: #12, or 12. GitHub's names have no case.
_SAME_PULL_REQUEST = (
    "(lower(pull_request) = lower($pull_request)"
    " or ends_with(pull_request, '#' || ltrim($pull_request, '#')))"
)
# The responses that belong to it, as `cca usage pr` counts them.
RESPONSES_OF = f"select message_id from marts.fct_api_messages where {_SAME_PULL_REQUEST}"
# Those that Claude answered while they worked on it, and the one that opened it.
SESSIONS_OF = f"""
select session_id from marts.fct_api_messages where {_SAME_PULL_REQUEST}
union select session_id from marts.fct_pull_requests where {_SAME_PULL_REQUEST}
"""


def name_of(asked: str) -> str:
    """Returns the name of a pull request that is given by name, number or address."""
    found = at_address(asked)
    return found.name if found else asked.strip()


def sessions_of(settings: Settings, asked: str) -> frozenset[str]:
    """Returns the sessions that worked on a pull request; none before the first publish."""
    try:
        with reading_gold(settings) as gold:
            rows = gold.execute(SESSIONS_OF, {"pull_request": name_of(asked)}).fetchall()
    except (NotFound, duckdb.Error) as error:
        log.warning("pull requests cannot be read: %s", error)
        return frozenset()
    return frozenset(str(session) for (session,) in rows)
