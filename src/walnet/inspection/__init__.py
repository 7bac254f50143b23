"""What a model has learned: how good it is, and which columns matter how.

Begin with `evaluation`; then `importance` and `effects`.
"""
