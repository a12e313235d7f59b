"""Measurements of the whole flow on generated data."""
