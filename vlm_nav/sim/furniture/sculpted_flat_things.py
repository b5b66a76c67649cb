"""Flat things on walls and floors, drawn from simple solids and pictures."""

from __future__ import annotations

import numpy as np

from vlm_nav.sim.furniture.sculpting import ALL, PAINT, Sculptor
from vlm_nav.sim.furniture.shades import DARK, OAK, STEEL, WALNUT, WHITE
from vlm_nav.sim.house.surface_pictures import clock_face, painting, rug_pattern, view_outside


def towel(s: Sculptor, variant: int) -> None:
    """A painted towel over a rail."""
    s.box((-0.5, 0.2), ALL, (0.94, 1.0), STEEL)
    s.box((-0.1, 0.5), (-0.4, 0.4), (0.0, 0.98), PAINT)


def picture(s: Sculptor, variant: int) -> None:
    """A painting in a frame."""
    s.box((-0.5, 0.3), ALL, (0.0, 1.0), WALNUT if variant % 2 else WHITE)
    s.front(0.45, (-0.43, 0.43), (0.09, 0.91), painting(variant))


def clock(s: Sculptor, variant: int) -> None:
    """A clock on a wall."""
    s.box((-0.5, 0.4), ALL, (0.0, 1.0), DARK)
    s.front(0.45, (-0.49, 0.49), (0.01, 0.99), clock_face())


def mirror(s: Sculptor, variant: int) -> None:
    """A mirror that shows a pale sheen, in a frame."""
    s.box((-0.5, 0.3), ALL, (0.0, 1.0), OAK)
    rows, columns = np.mgrid[0:64, 0:64] / 63.0
    sheen = 0.72 + 0.16 * np.clip(1.0 - 6.0 * abs(rows + columns - 0.8), 0.0, 1.0)
    pane = np.stack([sheen * 0.92, sheen * 0.98, sheen], axis=-1) * 255.0
    s.front(0.45, (-0.45, 0.45), (0.04, 0.96), pane.round().clip(0, 255).astype(np.uint8))


def window(s: Sculptor, variant: int) -> None:
    """A window with a view, bright as the day, its frame before it."""
    s.box((-0.5, -0.3), ALL, (0.0, 1.0), WHITE)
    s.front(-0.2, (-0.48, 0.48), (0.04, 0.97), view_outside(variant), glow=0.7)
    for y in ((-0.5, -0.46), (-0.02, 0.02), (0.46, 0.5)):
        s.box((-0.3, 0.3), y, (0.0, 1.0), WHITE)
    for z in ((0.0, 0.05), (0.95, 1.0)):
        s.box((-0.3, 0.5 if z[0] == 0.0 else 0.3), ALL, z, WHITE)


def door(s: Sculptor, variant: int) -> None:
    """A closed door in its frame."""
    s.box((-0.5, 0.1), (-0.44, 0.44), (0.0, 0.97), (0.50, 0.30, 0.17))
    for z in ((0.08, 0.42), (0.52, 0.90)):
        s.box((0.1, 0.25), (-0.32, 0.32), z, (0.42, 0.24, 0.13))
    for y in ((-0.5, -0.44), (0.44, 0.5)):
        s.box((-0.5, 0.4), y, (0.0, 1.0), WHITE)
    s.box((-0.5, 0.4), ALL, (0.97, 1.0), WHITE)
    s.box((0.1, 0.5), (0.32, 0.40), (0.47, 0.50), STEEL)


def rug(s: Sculptor, variant: int) -> None:
    """A rug with a pattern."""
    s.top(1.0, rug_pattern(variant, is_round=False), painted=True)


def round_rug(s: Sculptor, variant: int) -> None:
    """A round rug with rings."""
    s.disc(1.0, rug_pattern(variant, is_round=True), painted=True)
