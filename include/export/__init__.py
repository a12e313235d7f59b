"""Conversations out of the archive, as files; shared by the command line and the browser."""
