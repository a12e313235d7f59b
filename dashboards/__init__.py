"""What people look at: the conversation browser."""
