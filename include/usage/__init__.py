"""Usage reports over the gold file, shared by command line and browser."""
