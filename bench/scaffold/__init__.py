"""Beginnings: a method, a data set, a network or a suite of one's own, with a test that passes as it stands."""
