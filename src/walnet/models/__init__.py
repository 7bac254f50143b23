"""A model of a table: the table's schema, what learned from it, and its file.

Begin with `network_model` (one network) or `ensemble_model` (many); `model_file` saves
and loads models of every kind.
"""
