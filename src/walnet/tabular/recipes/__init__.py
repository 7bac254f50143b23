"""Which hyper-parameters the networks of an ensemble learn by: presets and tuning.

Begin with `presets`.
"""
