"""`cca mcp`: the archive as tools for Claude and other clients of the Model Context Protocol.

`tools` lists what a client may call; `find`, `read`, `history` and `numbers` answer; `reply` keeps
an answer short; `serve` speaks the protocol with the official package.
"""
