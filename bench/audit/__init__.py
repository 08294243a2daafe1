"""Audits of pairs: whether something trivial tells the OOD from the ID images, and whether they differ."""
