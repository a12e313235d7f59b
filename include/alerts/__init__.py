"""Messages to people: a failed run, entries that wait, a budget that is spent, a digest."""
