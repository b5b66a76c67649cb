"""How a picture looks, as numbers that two pictures are compared by: colours and edges."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray, RgbArray

_WIDTH_PX, _HEIGHT_PX = 128, 96
# Colours are counted in six parts of the picture: a turn of some degrees leaves most of them.
_COLOUR_PARTS = (3, 2)
_EDGE_PARTS = (4, 3)
# Two steps of lightness are enough: with more, a lamp that is switched makes another place.
_LIGHTNESS_STEPS, _TINT_STEPS, _TINT_WIDTH = 2, 8, 4
_DIRECTIONS = 8
# So much of the comparison is of colours, the rest of edges.
_COLOUR_SHARE = 0.6
# A picture without edges looks alike to all sides.
_NO_EDGE = 1e-3


def looks_of(rgb: RgbArray) -> FloatArray:
    """Return what a picture (H, W, 3) uint8 looks like, a vector of length 1.

    The product of two of them says how alike pictures are: 1 for the same picture, about 0.75 for
    one place seen from a step aside, about 0.6 for two sides of a room. Takes some milliseconds.
    """
    resized = cv2.resize(rgb, (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_AREA)
    small = np.asarray(resized, dtype=np.uint8)
    colours = _unit(_colours(small)) * np.sqrt(_COLOUR_SHARE)
    edges = _unit(_edges(small)) * np.sqrt(1.0 - _COLOUR_SHARE)
    return np.concatenate([colours, edges])


def _colours(small: RgbArray) -> FloatArray:
    """Return how many pixels of each part have each colour, as roots: rare ones count too."""
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.int64)
    lightness = lab[..., 0] * _LIGHTNESS_STEPS // 256
    tints = (lab[..., 1:] - 128) // _TINT_WIDTH + _TINT_STEPS // 2
    tints = np.clip(tints, 0, _TINT_STEPS - 1)
    colour = (lightness * _TINT_STEPS + tints[..., 0]) * _TINT_STEPS + tints[..., 1]
    kinds = _LIGHTNESS_STEPS * _TINT_STEPS**2
    where = _part_of(_COLOUR_PARTS) * kinds + colour
    counts = np.bincount(where.ravel(), minlength=_COLOUR_PARTS[0] * _COLOUR_PARTS[1] * kinds)
    return np.sqrt(counts.astype(np.float64))


def _edges(small: RgbArray) -> FloatArray:
    """Return how strong the edges of each part and direction are, as roots."""
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    right, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    angle_rad = np.arctan2(down, right) % np.pi
    direction = (angle_rad / np.pi * _DIRECTIONS).astype(np.int64) % _DIRECTIONS
    where = _part_of(_EDGE_PARTS) * _DIRECTIONS + direction
    strength = np.hypot(right, down).ravel().astype(np.float64)
    parts = _EDGE_PARTS[0] * _EDGE_PARTS[1] * _DIRECTIONS
    strengths = np.asarray(np.bincount(where.ravel(), strength, parts), dtype=np.float64)
    return np.sqrt(strengths + _NO_EDGE)


@functools.cache
def _part_of(parts: tuple[int, int]) -> NDArray[np.int64]:
    """Return the number of the part (H, W) that each pixel belongs to, columns by rows."""
    column = np.arange(_WIDTH_PX) * parts[0] // _WIDTH_PX
    row = np.arange(_HEIGHT_PX) * parts[1] // _HEIGHT_PX
    part: NDArray[np.int64] = row[:, None] * parts[0] + column
    return part


def _unit(values: FloatArray) -> FloatArray:
    unit: FloatArray = values / np.linalg.norm(values)
    return unit
