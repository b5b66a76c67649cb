"""A furnished room that the package draws itself, for demonstrations and tests without a robot.

No photograph and no simulator is behind it: each pixel's ray is met with boxes and ellipsoids,
so that depth is exact and the same picture comes out each time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import FloorPose, inverse, transform_from_floor_pose, transform_points
from vlm_nav.sim.drawn import drawn_furniture as furniture
from vlm_nav.sim.drawn.drawn_furniture import DrawnObject, Form, Solid
from vlm_nav.sim.drawn.ray_casting import Extent, Hits, box_hits, ellipsoid_hits, inner_wall_hits
from vlm_nav.sim.drawn.textures import Plain, Planks, Skirted, Texture, lit

ROBOT_POSE = FloorPose(0.3, 0.35, -0.05)
"""Where a robot sees the chair and free floor before it, in the map."""

CAMERA = PinholeCamera(640, 480, 460.0, 460.0, 319.5, 239.5)
"""The camera of such a robot."""

_LIGHT = np.array([-0.45, 0.5, 0.74])
# How dark the floor is below things, and how far beside them this can be seen.
_SHADOW, _SHADOW_M = 0.36, 0.16
# A ray that runs within this of a thing's projected box may meet it, lens distortion included.
_WINDOW_MARGIN_PX = 8


def base_from_mounted_camera(
    height_m: float = 0.9,
    pitch_down_rad: float = math.radians(20.0),
    forward_m: float = 0.1,
    left_rad: float = 0.0,
) -> FloatArray:
    """Return base_from_camera (4, 4) of an optical frame that looks ahead and down.

    `left_rad` turns the mounting about the middle of the base, to the left.
    """
    cosine, sine = math.cos(pitch_down_rad), math.sin(pitch_down_rad)
    transform = np.eye(4)
    transform[:3, :3] = np.column_stack(
        [(0.0, -1.0, 0.0), (-sine, 0.0, -cosine), (cosine, 0.0, -sine)]
    )
    transform[:3, 3] = (forward_m, 0.0, height_m)
    return transform_from_floor_pose(FloorPose(0.0, 0.0, left_rad)) @ transform


@dataclass(frozen=True)
class DrawnRoom:
    """Four walls with things in them, in a map whose z = 0 is the floor."""

    objects: tuple[DrawnObject, ...]
    walls: Extent = Extent((-0.8, -2.3, 0.0), (5.2, 2.5, 2.6))
    floor: Texture = Planks((0.62, 0.52, 0.40))
    ceiling: Texture = Plain((0.93, 0.93, 0.91), 0.02)
    paint: Texture = Skirted((0.86, 0.84, 0.78), (0.96, 0.96, 0.94))

    def named(self, name: str) -> DrawnObject:
        """Return the thing of this name; raises InvalidValueError naming those there are."""
        for thing in self.objects:
            if thing.name == name:
                return thing
        known = ', '.join(thing.name for thing in self.objects)
        raise InvalidValueError(f'a thing of the room was wanted, got {name!r}; there are {known}')

    def render(
        self, camera: PinholeCamera, map_from_camera: FloatArray
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Return what a camera sees: rgb (H, W, 3) uint8 and depth_m (H, W) along its axis.

        Raises InvalidValueError where the camera is not between the walls.
        """
        if not self.walls.contains(map_from_camera[:3, 3]):
            raise InvalidValueError(
                f'a camera between {self.walls.low} and {self.walls.high} m was wanted, '
                f'got one at {map_from_camera[:3, 3].tolist()}'
            )
        canvas = _Canvas(self, camera, map_from_camera)
        canvas.draw_walls()
        for thing in self.objects:
            canvas.draw(thing)
        return canvas.finished()


def furnished_room() -> DrawnRoom:
    """Return the room of the demonstration."""
    quarter = math.pi / 2
    return DrawnRoom(
        (
            furniture.rug(FloorPose(2.3, 0.2, 0.0)),
            furniture.table(FloorPose(4.1, 0.75, 1.45)),
            furniture.chair(FloorPose(2.85, -0.75, 2.6)),
            furniture.plant(FloorPose(4.75, -1.2, 0.0)),
            furniture.storage_box(FloorPose(2.75, 1.45, -2.6)),
            furniture.bookshelf(FloorPose(3.9, -2.14, quarter)),
            furniture.window(FloorPose(5.19, 1.0, math.pi)),
            furniture.door(FloorPose(5.17, -0.45, math.pi)),
        )
    )


class _Canvas:
    """A picture under way: colours and depth of what is nearest so far."""

    def __init__(
        self, room: DrawnRoom, camera: PinholeCamera, map_from_camera: FloatArray
    ) -> None:
        self._room = room
        self._camera = camera
        self._camera_from_map = inverse(map_from_camera)
        self._origin = map_from_camera[:3, 3]
        self._rays = camera.pixel_rays() @ map_from_camera[:3, :3].T.astype(np.float32)
        self._depth_m = np.full(self._rays.shape[:2], np.inf, dtype=np.float32)
        self._colors = np.zeros_like(self._rays)

    def draw_walls(self) -> None:
        room = self._room
        origin, rays = self._origin.astype(np.float32), self._rays.reshape(-1, 3)
        hits = inner_wall_hits(room.walls, origin, rays)
        points = origin + hits.multiples[:, None] * rays
        colors = self._colors.reshape(-1, 3)
        up = hits.normals[:, 2]
        for texture, part in ((room.floor, up > 0), (room.ceiling, up < 0), (room.paint, up == 0)):
            base = texture(points[part], hits.normals[part])
            colors[part] = lit(base, hits.normals[part], _LIGHT)
        colors[up > 0] *= _shadows(room.objects, points[up > 0])[:, None]
        self._depth_m[:] = hits.multiples.reshape(self._depth_m.shape)

    def draw(self, thing: DrawnObject) -> None:
        window = self._window(thing.box_map)
        if window is None:
            return
        thing_from_map = inverse(transform_from_floor_pose(thing.map_pose))
        origin = transform_points(thing_from_map, self._origin).astype(np.float32)
        rotation = thing_from_map[:3, :3].astype(np.float32)
        rays = self._rays[window].reshape(-1, 3) @ rotation.T
        light = thing_from_map[:3, :3] @ _LIGHT
        depth_m, colors = self._depth_m[window].ravel(), self._colors[window].reshape(-1, 3)
        for solid in thing.solids:
            hits = _hits(solid, origin, rays)
            seen = np.flatnonzero(hits.multiples < depth_m)
            depth_m[seen] = hits.multiples[seen]
            points, normals = origin + depth_m[seen, None] * rays[seen], hits.normals[seen]
            colors[seen] = lit(solid.texture(points, normals), normals, light)
            if thing.is_flat:
                places = (
                    self._origin + depth_m[seen, None] * self._rays[window].reshape(-1, 3)[seen]
                )
                colors[seen] *= _shadows(self._room.objects, places)[:, None]
        self._depth_m[window] = depth_m.reshape(self._depth_m[window].shape)
        self._colors[window] = colors.reshape(self._colors[window].shape)

    def finished(self) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        rgb = np.clip(self._colors * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8)
        return rgb, self._depth_m

    def _window(self, box_map: Extent) -> tuple[slice, slice] | None:
        """Return the part of the picture in which a box may show, None where it cannot."""
        corners = transform_points(self._camera_from_map, box_map.corners())
        if (corners[:, 2] <= 0.0).all():
            return None
        pixels = self._camera.project(corners)
        if np.isnan(pixels).any():
            return slice(None), slice(None)
        low = np.floor(pixels.min(axis=0)).astype(int) - _WINDOW_MARGIN_PX
        high = np.ceil(pixels.max(axis=0)).astype(int) + _WINDOW_MARGIN_PX + 1
        if (
            (high <= 0).any()
            or low[0] >= self._camera.width_px
            or low[1] >= self._camera.height_px
        ):
            return None
        return slice(max(0, low[1]), high[1]), slice(max(0, low[0]), high[0])


def _hits(solid: Solid, origin: NDArray[np.float32], rays: NDArray[np.float32]) -> Hits:
    meet = box_hits if solid.form is Form.BOX else ellipsoid_hits
    return meet(solid.extent, origin, rays)


def _shadows(objects: tuple[DrawnObject, ...], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how light the floor is (n,) at points (n, 3) of the map: darker below things."""
    light = np.ones(len(points), dtype=np.float32)
    for box in (thing.box_map for thing in objects if not thing.is_flat):
        away = np.zeros(len(points), dtype=np.float32)
        for axis in range(2):
            place = points[:, axis]
            beyond = np.maximum(np.maximum(box.low[axis] - place, place - box.high[axis]), 0.0)
            away += np.square(beyond)
        light *= 1.0 - _SHADOW * np.exp(-away / _SHADOW_M**2)
    return light
