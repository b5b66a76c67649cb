"""Lens distortion on normalised image coordinates: plumb bob and rational polynomial.

The model is OpenCV's: coefficients k1 k2 p1 p2 k3 [k4 k5 k6].
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.errors import CalibrationError

FloatArray = NDArray[np.float64]

COEFFICIENTS = {'plumb_bob': 5, 'rational_polynomial': 8}

_MAXIMUM_STEPS = 20
_CONVERGED = 1e-10


def coefficients(model: str, d: Sequence[float]) -> tuple[float, ...]:
    """Return the coefficients of a CameraInfo, () where the picture is not distorted.

    Raises CalibrationError for an unknown model or too many coefficients.
    """
    if not any(d):
        return ()
    if model not in COEFFICIENTS:
        raise CalibrationError(
            f'unknown distortion model {model!r}; known: {", ".join(sorted(COEFFICIENTS))}'
        )
    wanted = COEFFICIENTS[model]
    if len(d) > wanted and any(d[wanted:]):
        raise CalibrationError(f'{model} has {wanted} coefficients, got {len(d)}')
    return tuple(float(value) for value in (*d[:wanted], *(0.0,) * (wanted - len(d))))


def distort(normalised: FloatArray, d: tuple[float, ...]) -> FloatArray:
    """Return where the lens puts ideal normalised points (..., 2)."""
    if not d:
        return normalised
    x, y = normalised[..., 0], normalised[..., 1]
    squared = x * x + y * y
    radial = _radial(squared, d)
    shift_x, shift_y = _tangential(x, y, squared, d)
    return np.stack([x * radial + shift_x, y * radial + shift_y], axis=-1)


def undistort(distorted: FloatArray, d: tuple[float, ...]) -> FloatArray:
    """Return the ideal normalised points (..., 2) that the lens put at `distorted`.

    Fixed-point iteration; it converges wherever the distortion is mild enough to be invertible.
    """
    if not d:
        return distorted
    ideal = distorted
    for _ in range(_MAXIMUM_STEPS):
        x, y = ideal[..., 0], ideal[..., 1]
        squared = x * x + y * y
        shift = np.stack(_tangential(x, y, squared, d), axis=-1)
        following = (distorted - shift) / _radial(squared, d)[..., None]
        step = np.abs(following - ideal).max(initial=0.0)
        ideal = following
        if step < _CONVERGED:
            break
    return ideal


def monotonic_radius(d: tuple[float, ...], limit: float) -> float:
    """Return the largest ideal radius, at most `limit`, up to which the lens does not fold."""
    radii = np.linspace(0.0, limit, 512)
    growing = np.diff(radii * _radial(radii**2, d)) > 0.0
    return limit if growing.all() else float(radii[int(np.argmin(growing))])


def _radial(squared: FloatArray, d: tuple[float, ...]) -> FloatArray:
    k1, k2, _, _, k3 = d[:5]
    numerator = 1.0 + squared * (k1 + squared * (k2 + squared * k3))
    if len(d) == 5:
        return numerator
    k4, k5, k6 = d[5:]
    ratio: FloatArray = numerator / (1.0 + squared * (k4 + squared * (k5 + squared * k6)))
    return ratio


def _tangential(
    x: FloatArray, y: FloatArray, squared: FloatArray, d: tuple[float, ...]
) -> tuple[FloatArray, FloatArray]:
    p1, p2 = d[2], d[3]
    return (
        2.0 * p1 * x * y + p2 * (squared + 2.0 * x * x),
        p1 * (squared + 2.0 * y * y) + 2.0 * p2 * x * y,
    )
