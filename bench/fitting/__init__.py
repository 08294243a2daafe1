"""Fitting: what a method may learn from ID data, and statistics of it that several methods share."""
