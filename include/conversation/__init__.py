"""How a conversation is read from the archive: the one reader under the browser and exports."""
