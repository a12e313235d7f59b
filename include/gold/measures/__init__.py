"""Every number that the product shows, defined once; imports nothing heavy.

Command line, browser, Metabase boards, exports, documents and dbt's metrics take it from here.
"""

from cca.gold.measures.behaviour import BEHAVIOUR
from cca.gold.measures.cache import CACHE
from cca.gold.measures.calls import CALLS
from cca.gold.measures.causes import CAUSE_MEASURES
from cca.gold.measures.limits import LIMITS
from cca.gold.measures.model import Measure
from cca.gold.measures.sessions import SESSION_MEASURES
from cca.gold.measures.usage import USAGE

MEASURES: dict[str, Measure] = {
    each.name: each
    for each in (
        *USAGE,
        *CAUSE_MEASURES,
        *CACHE,
        *CALLS,
        *SESSION_MEASURES,
        *BEHAVIOUR,
        *LIMITS,
    )
}
