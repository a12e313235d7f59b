"""Transcript files to MongoDB: every record once, whatever happens to files, machine or server."""
