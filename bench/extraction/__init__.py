"""Extraction: one pass of a network over a data set yields what every method scores from."""
