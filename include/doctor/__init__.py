"""What is wrong, and the command or setting that mends it."""
