"""Training: recipes, objectives, the loop, and checkpoints that are found again."""
