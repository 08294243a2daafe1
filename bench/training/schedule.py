"""The learning rate as a function of the progress of training."""

from __future__ import annotations

import math

from .recipe import Recipe


def learning_rate(recipe: Recipe, progress: float) -> float:
    """The learning rate after `progress` epochs (fractions count), as the recipe's schedule says."""
    if recipe.schedule == "steps":
        return recipe.learning_rate * recipe.decay ** sum(progress >= milestone for milestone in recipe.milestones)
    if progress < recipe.warmup:
        return recipe.learning_rate * progress / recipe.warmup
    done = (progress - recipe.warmup) / max(recipe.epochs - recipe.warmup, 1e-12)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
