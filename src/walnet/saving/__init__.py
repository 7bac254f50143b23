"""Model files: written whole or not at all, checked to the last bit when read.

Begin with `model_file` (save and load); `container` is the file's format.
"""
