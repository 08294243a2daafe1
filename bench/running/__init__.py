"""Running: from a specification to cells, scores, rows and files."""
