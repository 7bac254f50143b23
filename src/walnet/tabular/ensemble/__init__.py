"""Many networks that learn from one table, and what they say together.

Begin with `training`; a `bag` is networks of one recipe.
"""
