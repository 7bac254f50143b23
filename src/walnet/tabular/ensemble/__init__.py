"""Many networks that learn from one table, and their common predictions.

Begin with `training`; a `bag` is networks of one recipe.
"""
