"""Tails MongoDB and keeps what is derived from it live: the search index, the session lists."""
