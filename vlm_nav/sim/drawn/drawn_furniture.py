"""Furniture made of boxes and ellipsoids, each thing in a frame of its own.

A thing's frame stands on the floor below its middle, x along its front, z up; metres.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from enum import Enum

from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose, transform_points
from vlm_nav.sim.drawn.ray_casting import Extent
from vlm_nav.sim.drawn.textures import Landscape, Plain, Shade, Stripes, Texture, Wood

RED: Shade = (0.80, 0.07, 0.08)
BLUE: Shade = (0.10, 0.24, 0.72)
OAK: Shade = (0.55, 0.40, 0.26)
CREAM: Shade = (0.93, 0.91, 0.85)
STEEL: Shade = (0.45, 0.46, 0.48)

# What is lower than this casts no shadow and gets that of others.
_FLAT_M = 0.03


class Form(Enum):
    """What fills a solid's extent."""

    BOX = 'box'
    ELLIPSOID = 'ellipsoid'


@dataclass(frozen=True)
class Solid:
    """One part of a thing, in the thing's frame."""

    extent: Extent
    texture: Texture
    form: Form = Form.BOX


@dataclass(frozen=True)
class DrawnObject:
    """A thing in a room: what a person calls it, its colour's name, and where it stands."""

    name: str
    color: str
    map_pose: FloorPose
    solids: tuple[Solid, ...]

    @property
    def is_flat(self) -> bool:
        """Return whether the thing lies on the floor like a part of it."""
        return all(solid.extent.high[2] < _FLAT_M for solid in self.solids)

    @functools.cached_property
    def box_map(self) -> Extent:
        """Return the axis-aligned box around the thing in the map."""
        map_from_thing = transform_from_floor_pose(self.map_pose)
        corners = [
            corner
            for solid in self.solids
            for corner in transform_points(map_from_thing, solid.extent.corners())
        ]
        low = [float(min(corner[axis] for corner in corners)) for axis in range(3)]
        high = [float(max(corner[axis] for corner in corners)) for axis in range(3)]
        return Extent((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def block(
    middle: tuple[float, float], size: tuple[float, float, float], texture: Texture, z_m: float = 0
) -> Solid:
    """Return a box of a size, its underside at `z_m`, above a place of the thing's frame."""
    half_x, half_y = size[0] / 2, size[1] / 2
    low = (middle[0] - half_x, middle[1] - half_y, z_m)
    return Solid(Extent(low, (middle[0] + half_x, middle[1] + half_y, z_m + size[2])), texture)


def legs(
    half_x: float, half_y: float, height: float, texture: Texture, thick: float
) -> list[Solid]:
    """Return four legs around the origin."""
    places = [(x, y) for x in (-half_x, half_x) for y in (-half_y, half_y)]
    return [block(place, (thick, thick, height), texture) for place in places]


def chair(pose: FloorPose) -> DrawnObject:
    """Return a red chair that looks along x of its pose."""
    paint, seat = Plain(RED, grain=0.05), Plain((0.86, 0.12, 0.12), grain=0.12)
    slats = [block((-0.2, 0), (0.025, 0.40, 0.09), paint, z) for z in (0.56, 0.69, 0.82)]
    posts = [block((-0.2, y), (0.045, 0.045, 0.48), paint, 0.45) for y in (-0.19, 0.19)]
    rails = [block((0, y), (0.36, 0.02, 0.03), paint, 0.2) for y in (-0.19, 0.19)]
    solids = [
        *legs(0.19, 0.19, 0.43, paint, 0.045),
        block((0, 0), (0.46, 0.45, 0.05), seat, 0.42),
        *rails,
        *posts,
        *slats,
    ]
    return DrawnObject('red chair', 'red', pose, tuple(solids))


def table(pose: FloorPose) -> DrawnObject:
    """Return a wooden table with a bowl and a book on it."""
    wood = Wood(OAK)
    bowl = Solid(
        Extent((-0.35, 0.0, 0.72), (-0.09, 0.26, 0.84)), Plain(CREAM, 0.03), Form.ELLIPSOID
    )
    book = block((0.25, -0.12), (0.30, 0.22, 0.05), Plain((0.85, 0.68, 0.16)), 0.74)
    top = block((0, 0), (1.4, 0.8, 0.05), wood, 0.69)
    apron = block((0, 0), (1.2, 0.62, 0.09), wood, 0.60)
    return DrawnObject(
        'table', 'brown', pose, (top, apron, *legs(0.62, 0.32, 0.69, wood, 0.07), bowl, book)
    )


def plant(pose: FloorPose) -> DrawnObject:
    """Return a green plant in a pot."""
    pot = block((0, 0), (0.34, 0.34, 0.32), Plain(CREAM, 0.05))
    rim = block((0, 0), (0.38, 0.38, 0.06), Plain(CREAM, 0.05), 0.28)
    stem = block((0, 0), (0.05, 0.05, 0.5), Wood((0.36, 0.27, 0.16)), 0.32)
    leaves = [_leaf(index) for index in range(26)]
    return DrawnObject('green plant', 'green', pose, (pot, rim, stem, *leaves))


def _leaf(index: int) -> Solid:
    """Return one tuft of leaves on a spiral around the stem."""
    turn_rad, rise = 2.4 * index, index / 25
    reach_m = 0.24 * math.sin(math.pi * (0.2 + 0.72 * rise))
    x, y, z = reach_m * math.cos(turn_rad), reach_m * math.sin(turn_rad), 0.5 + 0.72 * rise
    half = (0.10 + 0.05 * abs(math.cos(turn_rad)), 0.10 + 0.05 * abs(math.sin(turn_rad)), 0.055)
    tone = 0.85 + 0.3 * ((index * 7) % 5) / 4
    texture = Plain((0.10 * tone, 0.42 * tone, 0.14 * tone), grain=0.55, cell_m=0.025)
    low = (x - half[0], y - half[1], z - half[2])
    return Solid(Extent(low, (x + half[0], y + half[1], z + half[2])), texture, Form.ELLIPSOID)


def storage_box(pose: FloorPose) -> DrawnObject:
    """Return a blue box with a lid and a label."""
    body = block((0, 0), (0.42, 0.36, 0.27), Plain(BLUE, 0.08))
    lid = block((0, 0), (0.45, 0.39, 0.05), Plain((0.16, 0.34, 0.85), 0.05), 0.27)
    label = block((0.212, 0), (0.006, 0.16, 0.09), Plain(CREAM), 0.1)
    return DrawnObject('blue box', 'blue', pose, (body, lid, label))


def bookshelf(pose: FloorPose) -> DrawnObject:
    """Return a shelf of white boards with books, its open side along x of its pose."""
    board = Plain(CREAM, 0.04)
    sides = [block((0, y), (0.3, 0.03, 1.8), board) for y in (-0.5, 0.5)]
    boards = [block((0, 0), (0.3, 1.0, 0.03), board, z) for z in (0.06, 0.45, 0.85, 1.25, 1.77)]
    back = block((-0.14, 0), (0.02, 1.0, 1.8), Plain((0.80, 0.77, 0.70), 0.03))
    books = [_book(index, z) for z in (0.09, 0.48, 0.88) for index in range(9)]
    return DrawnObject('bookshelf', 'white', pose, (*sides, *boards, back, *books))


def _book(index: int, z_m: float) -> Solid:
    covers = ((0.30, 0.34, 0.38), (0.72, 0.66, 0.50), (0.20, 0.27, 0.30), (0.58, 0.50, 0.55))
    turn = index + round(z_m * 10)
    height = 0.22 + 0.02 * (turn * 3 % 5)
    texture = Plain(covers[turn % 4], 0.05)
    return block((-0.02, -0.4 + 0.083 * index), (0.2, 0.065, height), texture, z_m)


def door(pose: FloorPose) -> DrawnObject:
    """Return a wooden door in its frame, its face along x of its pose."""
    frame, leaf, panel = Plain(CREAM, 0.03), Wood((0.47, 0.33, 0.22)), Wood((0.40, 0.28, 0.18))
    posts = [block((0, y), (0.08, 0.08, 2.1), frame) for y in (-0.49, 0.49)]
    panels = [
        block((0.03, 0), (0.03, 0.56, height), panel, z) for z, height in ((0.2, 0.7), (1.05, 0.8))
    ]
    handle = block((0.06, 0.36), (0.06, 0.12, 0.025), Plain(STEEL), 1.0)
    solids = (*posts, block((0, 0), (0.05, 0.9, 2.06), leaf), *panels, handle)
    return DrawnObject('door', 'brown', pose, solids)


def window(pose: FloorPose) -> DrawnObject:
    """Return a window with a view, its inner face along x of its pose."""
    frame = Plain((0.97, 0.97, 0.95), 0.02)
    view = block((0, 0), (0.02, 1.4, 1.1), Landscape(1.15), 0.85)
    posts = [block((0.02, y), (0.05, 0.06, 1.1), frame, 0.85) for y in (-0.7, 0, 0.7)]
    bars = [block((0.02, 0), (0.05, 1.46, 0.06), frame, z) for z in (0.82, 1.92)]
    sill = block((0.06, 0), (0.14, 1.6, 0.04), frame, 0.79)
    return DrawnObject('window', 'white', pose, (view, *posts, *bars, sill))


def rug(pose: FloorPose) -> DrawnObject:
    """Return a flat striped rug, 8 mm high."""
    stripes = Stripes((0.66, 0.62, 0.54), (0.46, 0.47, 0.48), axis=1, width_m=0.14)
    return DrawnObject('rug', 'grey', pose, (block((0, 0), (1.3, 1.9, 0.008), stripes),))
