"""Budgets: what may be spent in a day, week or month, and how much of it is spent."""
