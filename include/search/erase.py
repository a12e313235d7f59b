"""What is to be erased, as a query over the index."""

import tantivy
from tantivy import Occur, Query

from cca.search.schema import PLACES
from cca.selection import Selection


def erasure_query(selection: Selection, schema: tantivy.Schema) -> Query | None:
    """Return the query of blocks first seen there and of copies there; None for an empty one."""
    parts = [
        Query.term_query(schema, name, value)
        for name in PLACES
        if (value := str(getattr(selection, name)))
    ]
    return Query.boolean_query([(Occur.Must, part) for part in parts]) if parts else None
