"""Pictures for floors, walls and furniture, drawn by lot from a seed: (H, W, 3) uint8."""

from __future__ import annotations

import colorsys
import itertools
from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Shade = tuple[float, float, float]

FLOOR_M = 2.0
"""How much floor a picture of a floor shows along each side."""

_FLOOR_PX = 512


def picture_of_floor(kind: str, seed: int) -> Picture:
    """Return two metres of floor whose edges fit together."""
    return _FLOORS[kind](np.random.default_rng(seed))


def picture_of_wall(color: Shade, seed: int) -> Picture:
    """Return a metre of painted wall: hardly any grain."""
    return _grained(np.full((64, 64, 3), color), np.random.default_rng(seed), 0.012)


def painting(seed: int) -> Picture:
    """Return a painting: hills, a sea, shapes or a flower, 128 x 96."""
    rng = np.random.default_rng(seed)
    return (_hills, _sea, _shapes, _flower)[seed % 4](rng)


def view_outside(seed: int) -> Picture:
    """Return what is seen through a window: sky, trees and a meadow, 128 x 128."""
    rng = np.random.default_rng(seed)
    rows = np.linspace(0.0, 1.0, 128)[:, None, None]
    view = np.array((0.45, 0.68, 0.95)) * (1 - rows) + np.array((0.85, 0.93, 1.0)) * rows
    view = np.repeat(view, 128, axis=1)
    view[84:] = (0.42, 0.66, 0.30)
    for _ in range(7):
        middle = (int(rng.integers(128)), int(rng.integers(62, 84)))
        green = (0.16, float(rng.uniform(0.36, 0.5)), 0.16)
        cv2.ellipse(
            view,
            middle,
            (int(rng.integers(10, 22)), int(rng.integers(14, 26))),
            0,
            0,
            360,
            green,
            -1,
        )
    return _grained(view, rng, 0.03)


def clock_face() -> Picture:
    """Return the face of a clock that says ten past ten, 128 x 128."""
    face = np.full((128, 128, 3), 0.15)
    cv2.circle(face, (64, 64), 58, (0.97, 0.97, 0.95), -1, cv2.LINE_AA)
    for hour in range(12):
        turn = hour * np.pi / 6
        out = np.array((np.sin(turn), -np.cos(turn)))
        ends = [tuple((64 + out * away).astype(int).tolist()) for away in (45, 54)]
        cv2.line(face, ends[0], ends[1], (0.1, 0.1, 0.1), 4, cv2.LINE_AA)
    cv2.line(face, (64, 64), (40, 48), (0.1, 0.1, 0.1), 6, cv2.LINE_AA)
    cv2.line(face, (64, 64), (100, 42), (0.1, 0.1, 0.1), 4, cv2.LINE_AA)
    return _whole(face)


def rug_pattern(seed: int, *, is_round: bool) -> Picture:
    """Return a rug in greys, to be painted: a border and stripes or rings; 128 x 128."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:128, 0:128] / 127.0 - 0.5
    away = np.hypot(rows, columns) * 2 if is_round else np.maximum(abs(rows), abs(columns)) * 2
    bands = np.floor(away * (5 + seed % 3)) % 2
    if not is_round and seed % 2:
        bands = np.where(away > 0.8, 1.0, np.floor((rows + 0.5) * 12) % 2)
    grey = 0.72 + 0.26 * bands
    return _grained(np.repeat(grey[..., None], 3, axis=2), rng, 0.05)


def checks(color: Shade, number: int = 8) -> Picture:
    """Return a checkered cloth of white and a colour, 128 x 128."""
    rows, columns = np.mgrid[0:128, 0:128] * number // 128
    share = (rows % 2 + columns % 2)[..., None] / 2.0
    cloth = np.array((0.97, 0.96, 0.94)) * (1 - share) + np.array(color) * share
    return _whole(cloth)


def book_backs(seed: int, shelves: int) -> Picture:
    """Return rows of books of several colours in a shelf, 192 x 256."""
    rng = np.random.default_rng(seed)
    picture = np.full((256, 192, 3), 0.25)
    height = 256 // shelves
    for row in range(shelves):
        bottom, column = (row + 1) * height - 6, 3
        while column < 178 and (row + column) % 97 < 90:
            wide, tall = int(rng.integers(6, 15)), int(rng.integers(height // 2, height - 12))
            color = colorsys.hsv_to_rgb(
                rng.random(), rng.uniform(0.4, 0.9), rng.uniform(0.4, 0.95)
            )
            picture[bottom - tall : bottom, column : column + wide] = color
            picture[bottom - tall + 4 : bottom - tall + 7, column + 1 : column + wide - 1] = 0.9
            column += wide + 1
        picture[bottom : bottom + 6] = (0.80, 0.62, 0.42)
    return _whole(picture)


def _planks(rng: np.random.Generator, color: Shade) -> Picture:
    """Return boards along the picture's columns, each with a tone and fibres of its own."""
    boards, rows = 12, _FLOOR_PX
    edges = np.linspace(0, rows, boards + 1).astype(int)
    floor = np.zeros((rows, _FLOOR_PX, 3))
    across = np.arange(_FLOOR_PX) * 2 * np.pi / _FLOOR_PX
    for low, high in itertools.pairwise(edges):
        tone = np.full((high - low, _FLOOR_PX), rng.uniform(0.86, 1.1))
        fibres = rng.normal(0.0, 0.035, (high - low, 1)) * np.sin(across * rng.integers(1, 5) + 1)
        tone += fibres
        joint = int(rng.integers(_FLOOR_PX))
        tone[:, joint : joint + 3] *= 0.7
        tone[:2] *= 0.7
        floor[low:high] = np.array(color) * tone[..., None]
    return _grained(floor, rng, 0.02)


def _tiles(rng: np.random.Generator, color: Shade, joint: Shade) -> Picture:
    """Return tiles of half a metre."""
    floor = np.zeros((_FLOOR_PX, _FLOOR_PX, 3))
    side = _FLOOR_PX // 4
    for row in range(4):
        for column in range(4):
            tile = np.s_[row * side : (row + 1) * side, column * side : (column + 1) * side]
            floor[tile] = np.array(color) * rng.uniform(0.95, 1.03)
    for offset in range(3):
        floor[offset::side] = joint
        floor[:, offset::side] = joint
    return _grained(floor, rng, 0.012)


def _carpet(rng: np.random.Generator) -> Picture:
    color = colorsys.hsv_to_rgb(
        rng.uniform(0.05, 0.65), rng.uniform(0.08, 0.25), rng.uniform(0.62, 0.75)
    )
    return _grained(np.full((_FLOOR_PX, _FLOOR_PX, 3), color), rng, 0.07)


def _hills(rng: np.random.Generator) -> Picture:
    scene = np.zeros((96, 128, 3)) + np.array((0.98, 0.80, 0.55))
    cv2.circle(scene, (int(rng.integers(20, 108)), 26), 12, (0.98, 0.95, 0.75), -1, cv2.LINE_AA)
    columns = np.arange(128)
    for layer in range(3):
        height = 46 + 14 * layer + 8 * np.sin(columns / rng.uniform(9, 20) + rng.uniform(0, 6))
        below = np.arange(96)[:, None] > height[None]
        scene[below] = (0.25 - 0.05 * layer, 0.55 - 0.12 * layer, 0.35 - 0.08 * layer)
    return _grained(scene, rng, 0.03)


def _sea(rng: np.random.Generator) -> Picture:
    scene = np.zeros((96, 128, 3)) + np.array((0.62, 0.82, 0.96))
    scene[52:] = (0.10, 0.35, 0.62)
    middle = int(rng.integers(36, 92))
    hull = np.array([[middle - 20, 54], [middle + 20, 54], [middle + 13, 63], [middle - 13, 63]])
    sail = np.array([[middle, 16], [middle, 50], [middle + 20, 50]])
    cv2.fillPoly(scene, [hull], (0.55, 0.20, 0.12))
    cv2.fillPoly(scene, [sail], (0.97, 0.97, 0.93))
    return _grained(scene, rng, 0.03)


def _shapes(rng: np.random.Generator) -> Picture:
    scene = np.zeros((96, 128, 3)) + np.array((0.95, 0.93, 0.86))
    for _ in range(6):
        x, y = int(rng.integers(10, 118)), int(rng.integers(10, 86))
        color = colorsys.hsv_to_rgb(rng.random(), 0.75, 0.85)
        if rng.random() < 0.5:
            cv2.circle(scene, (x, y), int(rng.integers(8, 22)), color, -1, cv2.LINE_AA)
        else:
            to = (x + int(rng.integers(12, 40)), y + int(rng.integers(10, 30)))
            cv2.rectangle(scene, (x, y), to, color, -1)
    return _grained(scene, rng, 0.02)


def _flower(rng: np.random.Generator) -> Picture:
    scene = np.zeros((96, 128, 3)) + np.array((0.90, 0.88, 0.95))
    color = colorsys.hsv_to_rgb(rng.choice([0.0, 0.12, 0.85]), 0.8, 0.9)
    cv2.line(scene, (64, 92), (64, 44), (0.15, 0.45, 0.18), 4, cv2.LINE_AA)
    for petal in range(7):
        turn = petal * 2 * np.pi / 7
        middle = (int(64 + 17 * np.cos(turn)), int(36 + 17 * np.sin(turn)))
        cv2.circle(scene, middle, 11, color, -1, cv2.LINE_AA)
    cv2.circle(scene, (64, 36), 10, (0.95, 0.80, 0.20), -1, cv2.LINE_AA)
    return _grained(scene, rng, 0.02)


def _grained(picture: NDArray[np.float64], rng: np.random.Generator, share: float) -> Picture:
    grain = rng.normal(1.0, share, (*picture.shape[:2], 1))
    return _whole(picture * grain)


def _whole(picture: NDArray[np.float64]) -> Picture:
    whole: Picture = (picture * 255.0).round().clip(0.0, 255.0).astype(np.uint8)
    return whole


_FLOORS: Mapping[str, Callable[[np.random.Generator], Picture]] = MappingProxyType(
    {
        'planks': lambda rng: _planks(rng, (0.72, 0.54, 0.36)),
        'dark_planks': lambda rng: _planks(rng, (0.52, 0.36, 0.24)),
        'tiles': lambda rng: _tiles(rng, (0.86, 0.85, 0.82), (0.62, 0.61, 0.58)),
        'dark_tiles': lambda rng: _tiles(rng, (0.52, 0.54, 0.56), (0.38, 0.38, 0.38)),
        'blue_tiles': lambda rng: _tiles(rng, (0.66, 0.78, 0.86), (0.90, 0.92, 0.93)),
        'carpet': _carpet,
    }
)
