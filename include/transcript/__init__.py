"""What a transcript entry is: the one definition that every other part asks. Pure and fast."""

# Raise it whenever a rule changes what a stored row says: a lake that older rules wrote is
# extracted as a whole on the next run.
TRANSCRIPT_RULES = 6
