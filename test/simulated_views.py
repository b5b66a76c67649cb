"""Hand-made views for tests of the doubles: a floor with boxes that are things of a plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from synthetic import Box, camera_pose, frame_of

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.geometry.poses import (
    FloorPose,
    inverse,
    transform_from_floor_pose,
    transform_points,
)
from vlm_nav.observation.rgbd_frame import points_base
from vlm_nav.sim.house.house_plan import Area, HousePlan, Thing
from vlm_nav.sim.view import NOTHING, SimulatedView

CAMERA_POSE = camera_pose(height_m=1.2, down_deg=25.0)


def house(*things: Thing) -> HousePlan:
    """Return a hall with these things."""
    hall = Area('hall', (-10.0, -10.0), (10.0, 10.0), 'planks')
    return HousePlan('drawn for this test', 0, (hall,), (), (), things)


def thing(name: str, x_m: float, y_m: float, size_m: float = 0.5, height_m: float = 0.8) -> Thing:
    """Return a thing of a square footprint in the hall."""
    pose, size = FloorPose(x_m, y_m, 0.0), (size_m, size_m, height_m)
    return Thing(
        name.replace(' ', '_'), name.rsplit(maxsplit=1)[-1], name, pose, 0.0, size, 'hall'
    )


def view_of(plan: HousePlan, pose: FloorPose, stamp_ns: int = 1) -> SimulatedView:
    """Return what a small camera sees of the plan's things from a pose along the map's axes."""
    map_from_base = transform_from_floor_pose(pose)
    boxes = [_box(one, map_from_base) for one in plan.things]
    frame = frame_of(boxes, CAMERA_POSE, map_from_base=map_from_base)
    assert frame.depth_m is not None
    points = points_base(frame)
    things = np.full(frame.depth_m.shape, NOTHING, dtype=np.int32)
    for index, box in enumerate(boxes):
        things[_inside(points, box)] = index
    return SimulatedView(
        f'front/{stamp_ns}',
        frame.rgb,
        frame.depth_m,
        frame.depth_m,
        things,
        frame.camera,
        frame.base_from_camera,
        map_from_base,
        stamp_ns,
    )


def marked(view: SimulatedView, places: Sequence[tuple[float, float]]) -> MarkedPicture:
    """Return the view's picture with marks 1, 2, ... at places on the floor of the map."""
    on_floor = np.column_stack([np.array(places).reshape(-1, 2), np.zeros(len(places))])
    camera_from_map = inverse(view.map_from_base @ view.base_from_camera)
    anchors = view.camera.project(transform_points(camera_from_map, on_floor))
    marks = tuple(Mark(label, Pixel(*at)) for label, at in enumerate(anchors.tolist(), 1))
    return MarkedPicture(view.identifier, view.rgb, marks)


def _box(one: Thing, map_from_base: np.ndarray) -> Box:
    corners = np.array([(x, y, 0.0) for x, y in one.corners()])
    low, high = (
        edge(transform_points(inverse(map_from_base), corners), axis=0)
        for edge in (np.min, np.max)
    )
    bottom, top = one.height_m, one.height_m + one.size_m[2]
    return Box((low[0], high[0]), (low[1], high[1]), (bottom, top))


def _inside(points: np.ndarray, box: Box) -> np.ndarray:
    inside = np.ones(points.shape[:2], dtype=bool)
    for axis, (low, high) in enumerate((box.x_m, box.y_m, box.z_m)):
        inside &= (points[..., axis] > low - 0.01) & (points[..., axis] < high + 0.01)
    # The floor in front of a box is no part of it.
    return inside & (points[..., 2] > 0.01)
