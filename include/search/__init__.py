"""Full-text search over every block of every conversation: one writer, any number of readers."""
