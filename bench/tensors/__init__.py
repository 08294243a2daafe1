"""Tensors: what methods share in torch, so that a score can leave as a program; twins of the numpy functions."""
