"""What a plugin can bring."""

from __future__ import annotations

KINDS = ("method", "dataset", "network", "objective")
"""What a decorator such as `@bench.method("name")` registers."""

GROUPS = {kind: f"oodbench.{kind}s" for kind in (*KINDS, "suite")}
"""The entry-point group of each kind that a package can bring."""
