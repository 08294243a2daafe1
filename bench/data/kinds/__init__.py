"""The kinds of bindings: a file for each."""
