"""Columns of a table as the inputs of a tabular network.

Begin with `preprocessing`; `features` is one column.
"""
