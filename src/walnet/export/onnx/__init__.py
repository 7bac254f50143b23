"""ONNX: models as graphs that run anywhere, preprocessing included."""

from __future__ import annotations

from walnet.export.onnx.export import to_onnx

__all__ = ["to_onnx"]
