"""The conversation browser: read, search and count what was said, on loopback."""
