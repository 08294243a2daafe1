"""Exporting: a detector as one program that runs without this project."""
