"""MongoDB to the lake: a run owns a window and makes the lake equal to the archive in it."""
