"""Ablations: what one thing changes, with all else equal."""
