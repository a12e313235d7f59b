"""Marts to the gold file that everyone reads."""
