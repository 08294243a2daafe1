"""Suites: named lists of OOD sets for one ID set, in groups such as near and far."""
