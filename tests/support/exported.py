"""Exported models run, on which rows, and how near their answers have to be."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime

TOLERANCE = 1e-5


def usual_and_extreme(dtype, most=1e6):
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=(30, 5)) * size for size in (1, 1e2, most)]
    return np.concatenate([*parts, np.zeros((2, 5))]).clip(-most, most).astype(dtype)


def assert_close(given, wanted):
    assert given.shape == wanted.shape
    assert given.dtype == wanted.dtype
    finite = np.isfinite(wanted)  # an exponential overflows in both
    np.testing.assert_array_equal(given[~finite], wanted[~finite])
    error = abs(given[finite] - wanted[finite]) / np.maximum(1, abs(wanted[finite]))
    assert error.max() <= TOLERANCE


def answers(proto, **feed):
    """Return the outputs of an ONNX graph."""
    onnx.checker.check_model(proto, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
    return session.run(None, feed)
