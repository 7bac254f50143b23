"""A model of a table: the table's schema, what learned from it, and its file.

Begin with `table_model`, what every model can do; its kinds are `network_model` (one
network) and `ensemble_model` (many). `model_file` saves and loads models of every kind.
"""
