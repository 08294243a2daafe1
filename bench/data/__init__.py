"""Data: what images and data sets are, and where they are found."""
