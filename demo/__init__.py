"""Sample conversations that look like real work, and the exact totals they must come to."""
