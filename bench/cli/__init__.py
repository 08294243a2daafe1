"""The command line: one file per command; heavy imports are made inside the commands."""
