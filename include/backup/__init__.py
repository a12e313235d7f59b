"""Backup and restore of what cannot be made anew: the archive, the buffer, and how it was set."""
