"""Backup and restore of what cannot be built again: the archive, the buffer and the settings."""
