"""Engines: where the tasks of a run are done. Found by name through `bench.engine.ENGINES`."""
