"""What is seen of a house without furniture: painted walls, doorways and floors, as meshes.

The painted faces lie on the walls of the plan, so that what is seen and what is bumped into are
the same to the millimetre; frames around doorways stand out by a centimetre.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.sim.furniture.furniture_meshes import MeshPart
from vlm_nav.sim.house.house_layout import LINTEL_M, inner_corners
from vlm_nav.sim.house.house_plan import Area, Doorway, HousePlan
from vlm_nav.sim.house.surface_pictures import FLOOR_M, Picture

Shade = tuple[float, float, float]
Corner = tuple[float, float, float]
Span = tuple[float, float]

_WHITE: Shade = (0.95, 0.95, 0.93)
_GREY: Shade = (0.45, 0.45, 0.45)
_SKIRTING_M = 0.09
_FRAME_M, _FRAME_DEPTH_M = 0.08, 0.01
_CELL_PX = 8


def room_walls(plan: HousePlan, room: Area, paint: Shade) -> MeshPart:
    """Return the inner faces of a room's walls, white along the floor, with their doorways."""
    faces = _Faces()
    low, high = inner_corners(room)
    for side in range(4):
        axis, along = side % 2, 1 - side % 2
        line = low[axis] if side < 2 else high[axis]
        openings = sorted(
            (doorway.low_m[along], doorway.high_m[along])
            for doorway in plan.doorways
            if room.name in doorway.rooms and _cuts(doorway, axis, line)
        )
        ends = [low[along], *(end for opening in openings for end in opening), high[along]]
        for begin, end in zip(ends[::2], ends[1::2], strict=True):
            faces.upright(side, line, (begin, end), (0.0, _SKIRTING_M), _WHITE)
            faces.upright(side, line, (begin, end), (_SKIRTING_M, plan.wall_height_m), paint)
        for opening in openings:
            faces.upright(side, line, opening, (LINTEL_M, plan.wall_height_m), paint)
            _frame(faces, side, line, opening)
    return faces.mesh()


def doorway_linings(plan: HousePlan) -> MeshPart:
    """Return the faces within all doorways, and the tops of the walls."""
    faces = _Faces()
    for doorway in plan.doorways:
        through = _through(doorway)
        across = 1 - through
        depth = (doorway.low_m[through], doorway.high_m[through])
        for edge, side in ((doorway.low_m[across], across), (doorway.high_m[across], across + 2)):
            faces.upright(side, edge, depth, (0.0, LINTEL_M), _WHITE)
        faces.level(doorway.low_m, doorway.high_m, LINTEL_M, _WHITE, up=False)
    for wall in plan.walls:
        corners = wall.corners()
        faces.level(corners[0], corners[2], plan.wall_height_m, _GREY, up=True)
    return faces.mesh()


def room_floor(room: Area, picture: Picture) -> MeshPart:
    """Return the floor of a room with a picture that goes on and on."""
    (x0, y0), (x1, y1) = room.low_m, room.high_m
    vertices = [(x0, y0, 0.0), (x1, y0, 0.0), (x1, y1, 0.0), (x0, y1, 0.0)]
    places = np.array(vertices)[:, :2] / FLOOR_M
    return MeshPart(
        np.array(vertices, dtype=np.float32),
        np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32),
        places.astype(np.float32),
        picture,
    )


def _through(doorway: Doorway) -> int:
    """Return the axis along which one goes through a doorway."""
    x, y = (doorway.high_m[axis] - doorway.low_m[axis] for axis in range(2))
    return 0 if x < y else 1


def _cuts(doorway: Doorway, axis: int, line: float) -> bool:
    """Return whether a doorway is in the wall whose face is at a coordinate of an axis."""
    at_edge = min(abs(doorway.low_m[axis] - line), abs(doorway.high_m[axis] - line)) < 1e-3
    return _through(doorway) == axis and at_edge


def _frame(faces: _Faces, side: int, line: float, opening: Span) -> None:
    """Add a white frame around a doorway as it is seen from one room."""
    out = line + (_FRAME_DEPTH_M if side < 2 else -_FRAME_DEPTH_M)
    begin, end = opening
    for span in ((begin - _FRAME_M, begin), (end, end + _FRAME_M)):
        faces.upright(side, out, span, (0.0, LINTEL_M + _FRAME_M), _WHITE)
    faces.upright(side, out, opening, (LINTEL_M, LINTEL_M + _FRAME_M), _WHITE)


@dataclass
class _Faces:
    """Rectangles of plain colours under way to a mesh."""

    _corners: list[list[Corner]] = field(default_factory=list)
    _colors: list[Shade] = field(default_factory=list)

    def upright(self, side: int, line: float, along: Span, z: Span, color: Shade) -> None:
        """Add a face on a side (0 low x, 1 low y, 2 high x, 3 high y), seen from within."""
        begin, end = along if side in (0, 3) else along[::-1]
        places = [(begin, z[0]), (end, z[0]), (end, z[1]), (begin, z[1])]
        if side % 2 == 0:
            self._corners.append([(line, a, height) for a, height in places])
        else:
            self._corners.append([(a, line, height) for a, height in places])
        self._colors.append(color)

    def level(self, low: Span, high: Span, z: float, color: Shade, *, up: bool) -> None:
        """Add a horizontal face that is seen from above, or from below."""
        (x0, y0), (x1, y1) = low, high
        corners = [(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)]
        self._corners.append(corners if up else corners[::-1])
        self._colors.append(color)

    def mesh(self) -> MeshPart:
        """Return all faces as one mesh."""
        colors = sorted(set(self._colors))
        row = np.repeat((np.array(colors) * 255).round().astype(np.uint8), _CELL_PX, axis=0)
        places = [((colors.index(color) + 0.5) / len(colors), 0.5) for color in self._colors]
        first = np.arange(len(self._corners))[:, None] * 4
        faces = np.concatenate([first + np.array(half) for half in ((0, 1, 2), (0, 2, 3))])
        vertices: FloatArray = np.array(self._corners).reshape(-1, 3)
        return MeshPart(
            vertices.astype(np.float32),
            faces.astype(np.int32),
            np.repeat(places, 4, axis=0).astype(np.float32),
            np.repeat(row[None], _CELL_PX, axis=0),
        )
