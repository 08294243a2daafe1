"""Papers' tables, measured again: read from files, planned, run, and set beside the published figures."""
