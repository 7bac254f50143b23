"""Models for other programs: ONNX files and PyTorch modules.

Begin with `onnx` (to_onnx) or `torch` (to_torch).
"""
