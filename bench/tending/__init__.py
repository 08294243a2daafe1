"""Tending results: their state, joining them, doing what failed again, and clearing away what nobody needs."""
