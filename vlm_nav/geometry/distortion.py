"""Lens distortion on normalised image coordinates: plumb bob and rational polynomial.

The model is OpenCV's: coefficients k1 k2 p1 p2 k3 [k4 k5 k6].
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.errors import CalibrationError

COEFFICIENTS = {'plumb_bob': 5, 'rational_polynomial': 8}

# Ideal points are looked for up to 85 degrees off the axis.
_WIDEST_RADIUS = math.tan(math.radians(85.0))
_TABLE_SIZE = 2048
_NEWTON_STEPS = 8
_RESIDUAL = 1e-7


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

    NaN where the lens puts nothing: beyond the place at which its polynomial folds back.
    """
    if not d:
        return distorted
    fold = fold_radius(d)
    ideal = _radial_start(distorted, d, min(fold, _WIDEST_RADIUS))
    with np.errstate(all='ignore'):
        for _ in range(_NEWTON_STEPS):
            ideal = ideal - _newton_step(ideal, distort(ideal, d) - distorted, d)
        missed = np.abs(distort(ideal, d) - distorted).max(axis=-1)
        found = (missed < _RESIDUAL) & (np.square(ideal).sum(axis=-1) <= fold**2)
    return np.where(found[..., None], ideal, np.nan)


def fold_radius(d: tuple[float, ...]) -> float:
    """Return the ideal radius at which the radial part stops growing, inf where it never does."""
    numerator, denominator = _radial_polynomials(d)
    growth = numerator * denominator + np.polynomial.Polynomial((0.0, 2.0)) * (
        numerator.deriv() * denominator - numerator * denominator.deriv()
    )
    roots = np.concatenate([growth.trim().roots(), denominator.trim().roots()])
    squared = roots[(np.abs(roots.imag) < 1e-9) & (roots.real > 0.0)].real
    return math.sqrt(squared.min()) if len(squared) else math.inf


def _radial_start(distorted: FloatArray, d: tuple[float, ...], widest: float) -> FloatArray:
    """Return the points that the radial part alone puts at `distorted`, from a table."""
    ideal = np.linspace(0.0, widest, _TABLE_SIZE)
    radius = np.hypot(distorted[..., 0], distorted[..., 1])
    start = np.interp(radius, ideal * _radial(ideal**2, d), ideal)
    share = np.divide(start, radius, out=np.ones_like(radius), where=radius > 0.0)
    return distorted * share[..., None]


def _newton_step(ideal: FloatArray, error: FloatArray, d: tuple[float, ...]) -> FloatArray:
    x, y = ideal[..., 0], ideal[..., 1]
    squared = x * x + y * y
    p1, p2 = d[2], d[3]
    radial, slope = _radial(squared, d), _radial_slope(squared, d)
    xx = radial + 2.0 * x * x * slope + 2.0 * p1 * y + 6.0 * p2 * x
    yy = radial + 2.0 * y * y * slope + 6.0 * p1 * y + 2.0 * p2 * x
    xy = 2.0 * x * y * slope + 2.0 * p1 * x + 2.0 * p2 * y
    determinant = xx * yy - xy * xy
    step = np.stack(
        [yy * error[..., 0] - xy * error[..., 1], xx * error[..., 1] - xy * error[..., 0]],
        axis=-1,
    )
    return step / determinant[..., None]


def _radial_polynomials(
    d: tuple[float, ...],
) -> tuple[np.polynomial.Polynomial, np.polynomial.Polynomial]:
    """Return numerator and denominator of the radial part, over the squared radius."""
    k1, k2, _, _, k3 = d[:5]
    return (
        np.polynomial.Polynomial((1.0, k1, k2, k3)),
        np.polynomial.Polynomial((1.0, *d[5:])),
    )


def _radial(squared: FloatArray, d: tuple[float, ...]) -> FloatArray:
    k1, k2, _, _, k3 = d[:5]
    radial: FloatArray = 1.0 + squared * (k1 + squared * (k2 + squared * k3))
    if len(d) > 5:
        k4, k5, k6 = d[5:]
        radial = radial / (1.0 + squared * (k4 + squared * (k5 + squared * k6)))
    return radial


def _radial_slope(squared: FloatArray, d: tuple[float, ...]) -> FloatArray:
    """Return the derivative of the radial part by the squared radius."""
    numerator, denominator = _radial_polynomials(d)
    above, below = numerator(squared), denominator(squared)
    slope: FloatArray = (
        numerator.deriv()(squared) * below - above * denominator.deriv()(squared)
    ) / below**2
    return slope


def _tangential(
    x: FloatArray, y: FloatArray, squared: FloatArray, d: tuple[float, ...]
) -> tuple[FloatArray, FloatArray]:
    p1, p2 = d[2], d[3]
    return (
        2.0 * p1 * x * y + p2 * (squared + 2.0 * x * x),
        p1 * (squared + 2.0 * y * y) + 2.0 * p2 * x * y,
    )
