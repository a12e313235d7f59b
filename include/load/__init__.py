"""Lake to raw tables: the difference between the manifest and what raw was built from."""
