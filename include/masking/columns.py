"""Columns of the marts whose texts are masked on their way to gold.

A rule of masking like those beside it: a change of it is other code, which writes gold whole.
"""

# People and models wrote these texts; all other columns hold ids, names, numbers and paths.
TEXTS = frozenset({"title", "first_prompt", "prompt", "description", "reason", "commit_subject"})
