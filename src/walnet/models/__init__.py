"""Models of a table: a schema with the networks that learned from it, and their files.

Begin with `table_model`, what every model can do; its kinds are `network_model` (one
network) and `ensemble_model` (many). `model_file` saves and loads models of every kind.
"""
