"""Pictures whose content is known: numbers, coloured squares with numbered discs, and a dot."""

from __future__ import annotations

import random

import cv2
import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.geometry.arrays import RgbArray

WIDTH_PX, HEIGHT_PX = 640, 480
COLOURS = {'red': (200, 30, 30), 'green': (30, 150, 50), 'blue': (40, 60, 200)}
# Neither the middle nor a place that looks the same with its axes exchanged.
DOT = Pixel(496.0, 132.0)
_GREY = 235
_SQUARE_PX = 110
_DOT_RADIUS_PX = 26
# None of them is easily taken for another.
NUMBERS = (27, 35, 43, 58, 72, 84)


def numbers(rng: random.Random, count: int) -> list[int]:
    """Return different numbers of two digits."""
    return rng.sample(NUMBERS, count)


def number_picture(number: int) -> MarkedPicture:
    """Return a picture that shows one large number and nothing else."""
    rgb = _empty()
    text, font, scale, thickness = str(number), cv2.FONT_HERSHEY_SIMPLEX, 8.0, 24
    (width, height), _ = cv2.getTextSize(text, font, scale, thickness)
    origin = ((WIDTH_PX - width) // 2, (HEIGHT_PX + height) // 2)
    cv2.putText(rgb, text, origin, font, scale, (20, 20, 20), thickness, cv2.LINE_AA)
    return MarkedPicture(f'number {number}', rgb)


def squares_picture(rng: random.Random) -> tuple[MarkedPicture, dict[str, int]]:
    """Return a picture of three coloured squares with a numbered disc each, and their numbers."""
    rgb = _empty()
    colours = rng.sample(list(COLOURS), len(COLOURS))
    labels = rng.sample(range(1, 10), len(COLOURS))
    marks = []
    for place, (colour, label) in enumerate(zip(colours, labels, strict=True)):
        u, v = 120 + 200 * place, rng.randint(130, HEIGHT_PX - 130)
        half = _SQUARE_PX // 2
        rgb[v - half : v + half, u - half : u + half] = COLOURS[colour]
        marks.append(Mark(label, Pixel(float(u), float(v))))
    return MarkedPicture('squares', rgb, tuple(marks)), dict(zip(colours, labels, strict=True))


def dot_picture() -> MarkedPicture:
    """Return a picture of one red dot, at `DOT`."""
    rgb = _empty()
    centre = (round(DOT.u_px), round(DOT.v_px))
    cv2.circle(rgb, centre, _DOT_RADIUS_PX, COLOURS['red'], -1, cv2.LINE_AA)
    return MarkedPicture('dot', rgb)


def _empty() -> RgbArray:
    return np.full((HEIGHT_PX, WIDTH_PX, 3), _GREY, dtype=np.uint8)
