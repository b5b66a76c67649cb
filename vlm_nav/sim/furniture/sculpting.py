"""Makes furniture of boxes, cylinders and ellipsoids, all as triangles.

Places are shares of the thing's box: x and y from -0.5 to 0.5, x to the front, y to the left, z
from 0 to 1. So the same drawing serves things of any size.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.sim.furniture.furniture_meshes import MeshedThing, MeshPart

Shade = tuple[float, float, float]
Span = tuple[float, float]
Size = tuple[float, float, float]

PAINT: Shade = (-1.0, -1.0, -1.0)
"""The colour of what takes the colour of the thing."""

ALL: Span = (-0.5, 0.5)
"""From one side of the box to the other."""

_CELL_PX = 8
_SIDES = 14
_RINGS = 7
_BOX_FACES = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))


class Sculptor:
    """Collects the solids of a thing."""

    def __init__(self, size_m: Size) -> None:
        """Take the thing's size along x, y and z."""
        self._size = np.array(size_m)
        self._solids: list[tuple[FloatArray, NDArray[np.int32], Shade]] = []
        self._pictured: list[MeshPart] = []

    def box(self, x: Span, y: Span, z: Span, color: Shade) -> None:
        """Add a box between two shares of each axis."""
        corners = [(i, j, k) for k in z for j in y for i in x]
        points = np.array(corners)
        vertices = np.concatenate([points[list(face)] for face in _BOX_FACES])
        quads = np.arange(24, dtype=np.int32).reshape(6, 4)
        self._add(vertices, _triangles(quads), color)

    def legs(self, x: float, y: float, height: float, thick_m: float, color: Shade) -> None:
        """Add four upright legs around the middle."""
        half = (thick_m / 2) / self._size[:2]
        for i in (-x, x):
            for j in (-y, y):
                along, across = (i - half[0], i + half[0]), (j - half[1], j + half[1])
                self.box(along, across, (0.0, height), color)

    def cylinder(
        self, middle: Span, z: Span, radius: float, color: Shade, top_radius: float | None = None
    ) -> None:
        """Add an upright cylinder, or a cone that ends in `top_radius`; shares of x and y."""
        turns = np.linspace(0.0, 2 * math.pi, _SIDES, endpoint=False)
        circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
        rings = []
        for share, height in (
            (radius, z[0]),
            (radius if top_radius is None else top_radius, z[1]),
        ):
            ring = np.column_stack([circle * share + np.array(middle), np.full(_SIDES, height)])
            rings.append(ring)
        index = np.arange(_SIDES)
        after = (index + 1) % _SIDES
        side = np.stack([index, after, after + _SIDES, index + _SIDES], axis=1).astype(np.int32)
        self._add(np.concatenate(rings), _triangles(side), color)
        for ring, order in ((rings[0], index[::-1]), (rings[1], index)):
            self._add(ring, _fan(order), color)

    def ellipsoid(
        self, middle: Size, radii: Size, color: Shade, sides: int = _SIDES, rings: int = _RINGS
    ) -> None:
        """Add an ellipsoid; its radii are shares too. One of many may have fewer sides."""
        rise = np.linspace(-math.pi / 2, math.pi / 2, rings)
        turn = np.linspace(0.0, 2 * math.pi, sides, endpoint=False)
        flat, up = np.cos(rise)[:, None], np.repeat(np.sin(rise)[:, None], sides, axis=1)
        unit = np.stack([flat * np.cos(turn), flat * np.sin(turn), up], axis=-1)
        points = unit.reshape(-1, 3) * np.array(radii) + np.array(middle)
        index = np.arange(sides)
        after = (index + 1) % sides
        rows = [
            np.stack([index, after, after + sides, index + sides], axis=1) + row * sides
            for row in range(rings - 1)
        ]
        self._add(points, _triangles(np.concatenate(rows).astype(np.int32)), color)

    def front(
        self, x: float, y: Span, z: Span, picture: NDArray[np.uint8], glow: float = 0.0
    ) -> None:
        """Add a picture that is seen from the front, upright."""
        corners = [(x, y[0], z[0]), (x, y[1], z[0]), (x, y[1], z[1]), (x, y[0], z[1])]
        self._picture(corners, [(0, 1), (1, 1), (1, 0), (0, 0)], picture, glow)

    def top(
        self,
        z: float,
        picture: NDArray[np.uint8],
        *,
        painted: bool = False,
        x: Span = (-0.5, 0.5),
        y: Span = (-0.5, 0.5),
    ) -> None:
        """Add a picture that is seen from above, its upper edge at the back."""
        corners = [(x[0], y[0], z), (x[1], y[0], z), (x[1], y[1], z), (x[0], y[1], z)]
        self._picture(corners, [(1, 0), (1, 1), (0, 1), (0, 0)], picture, painted=painted)

    def disc(self, z: float, picture: NDArray[np.uint8], *, painted: bool = False) -> None:
        """Add the round part of a picture, seen from above."""
        turns = np.linspace(0.0, 2 * math.pi, 2 * _SIDES, endpoint=False)
        circle = np.stack([np.cos(turns), np.sin(turns)], axis=1) / 2
        points = np.column_stack([circle, np.full(len(circle), z)]) * self._size
        places = np.column_stack([0.5 - circle[:, 1], 0.5 + circle[:, 0]])
        part = MeshPart(
            points.astype(np.float32),
            _fan(np.arange(len(circle))),
            places.astype(np.float32),
            picture,
            painted,
        )
        self._pictured.append(part)

    def finished(self) -> MeshedThing:
        """Return the thing: what is painted, what has a colour, what has a picture."""
        parts = []
        for painted in (False, True):
            solids = [solid for solid in self._solids if (solid[2] == PAINT) == painted]
            if solids:
                parts.append(_palette_part(solids, painted))
        x_m, y_m, z_m = (float(length) for length in self._size)
        return MeshedThing((*parts, *self._pictured), (x_m, y_m, z_m), creator='')

    def _add(self, vertices: FloatArray, faces: NDArray[np.int32], color: Shade) -> None:
        self._solids.append((vertices * self._size, faces, color))

    def _picture(
        self,
        corners: list[Size],
        places: list[tuple[int, int]],
        picture: NDArray[np.uint8],
        glow: float = 0.0,
        *,
        painted: bool = False,
    ) -> None:
        faces = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)
        vertices = (np.array(corners) * self._size).astype(np.float32)
        on_picture = np.array(places, dtype=np.float32)
        self._pictured.append(MeshPart(vertices, faces, on_picture, picture, painted, glow))


def _palette_part(
    solids: list[tuple[FloatArray, NDArray[np.int32], Shade]], painted: bool
) -> MeshPart:
    """Return solids as one mesh with their colours side by side on a picture."""
    colors = sorted({color for _, _, color in solids})
    shades = np.array([(1.0, 1.0, 1.0) if color == PAINT else color for color in colors])
    row = np.repeat((shades * 255.0).round().clip(0, 255).astype(np.uint8), _CELL_PX, axis=0)
    places = [
        np.tile([(colors.index(color) + 0.5) / len(colors), 0.5], (len(vertices), 1))
        for vertices, _, color in solids
    ]
    offsets = np.cumsum([0, *(len(vertices) for vertices, _, _ in solids)])
    faces = [one + offset for (_, one, _), offset in zip(solids, offsets, strict=False)]
    return MeshPart(
        np.concatenate([vertices for vertices, _, _ in solids]).astype(np.float32),
        np.concatenate(faces).astype(np.int32),
        np.concatenate(places).astype(np.float32),
        np.repeat(row[None], _CELL_PX, axis=0),
        painted,
    )


def _triangles(quads: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)


def _fan(order: NDArray[np.intp]) -> NDArray[np.int32]:
    first = np.full(len(order) - 2, order[0])
    return np.stack([first, order[1:-1], order[2:]], axis=1).astype(np.int32)
