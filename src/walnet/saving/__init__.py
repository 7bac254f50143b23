"""Files written whole or not at all, and checked to the last bit when read.

Begin with `atomic`; `container` is the format of model files, `labels` of class labels.
"""
