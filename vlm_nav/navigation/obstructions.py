"""What stands in the straight way to a goal that was not there when the goal was chosen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import inverse, transform_places, transform_points
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import INSCRIBED
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.observation.rgbd_frame import RgbdFrame

_CELL_M = 0.05
# What was seen where the goal was chosen is seen again this far aside: depth has noise, and
# poses drift on the way.
_KNOWN_MARGIN_M = 0.15
# The goal was chosen with the whole radius; a way that is a little narrower is still the same.
_RADIUS_SHARE = 0.8
# A base nods when it brakes and on bumps, and the floor ahead rises in its camera.
_NOD = math.tan(math.radians(2.0))
# So many pixels are enough to see a person, and the legs of a chair, by.
_PIXELS = 320 * 240
# So many of them are no longer noise: 8 of 320 x 240.
_LEAST_SHARE = 1e-4
# Nav2 may end beside a goal; it is only lost where there is no room beside it either.
_BESIDE_M = 0.15
_BESIDE = _BESIDE_M * np.array([(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])


class KnownThings:
    """Where something stood when the goal was chosen; the way leads past it, and that is well.

    By the depth of that sight, with a margin, and by its costmaps.
    """

    def __init__(self, sight: Sight | None, settings: FreeSpaceSettings) -> None:
        """Remember what stood in a sight; nothing where there was none."""
        self._sight = sight
        self._half = math.ceil((settings.reach_m + 1.0) / _CELL_M)
        self._cells = np.zeros((2 * self._half, 2 * self._half), dtype=np.uint8)
        if sight is None:
            return
        for frame in _frames_with_depth(sight):
            places = _touchable(frame, settings, nod=0.0)[:, :2]
            row, column, inside = self._index(places)
            self._cells[row[inside], column[inside]] = 1
        margin = round(_KNOWN_MARGIN_M / _CELL_M)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin + 1, 2 * margin + 1))
        self._cells = np.asarray(cv2.dilate(self._cells, disc), dtype=np.uint8)

    def stand_at(self, places_map: FloatArray) -> NDArray[np.bool_]:
        """Return whether something stood at places (n, 2) of the map, (n,)."""
        if self._sight is None:
            return np.zeros(len(places_map), dtype=np.bool_)
        base_from_map = inverse(self._sight.frame.map_from_base)
        places = transform_places(base_from_map, places_map)
        row, column, inside = self._index(places)
        found = inside & (self._cells[row, column] > 0)
        for view in self._sight.costmaps:
            found |= view.values_at_base(places) >= INSCRIBED
        return found

    def _index(
        self, places: FloatArray
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        cells = np.floor(places / _CELL_M).astype(np.int64) + self._half
        inside = np.asarray(((cells >= 0) & (cells < 2 * self._half)).all(axis=-1))
        cells[~inside] = 0
        return cells[:, 1], cells[:, 0], inside


@dataclass(frozen=True, eq=False)
class WayCheck:
    """Looks along the straight way from where the robot is now to its goal."""

    waypoint: Waypoint
    known: KnownThings
    settings: FreeSpaceSettings
    ahead_m: float

    def objection(self, sight: Sight) -> str | None:
        """Return in words what makes the way or the goal unfit, None where nothing does."""
        place_map = (self.waypoint.x_m, self.waypoint.y_m, sight.frame.map_from_base[2, 3])
        goal = transform_points(inverse(sight.frame.map_from_base), place_map)[:2]
        return self._in_the_way(sight, goal) or _at_the_goal(sight, goal)

    def _in_the_way(self, sight: Sight, goal: FloatArray) -> str | None:
        goal_m = float(np.hypot(*goal))
        if goal_m <= self.settings.robot_radius_m:
            return None
        for frame in _frames_with_depth(sight):
            ahead_m = self._new_things_m(frame, goal / goal_m, goal_m)
            pixels = frame.camera.width_px * frame.camera.height_px / _step(frame) ** 2
            if len(ahead_m) >= max(5, round(_LEAST_SHARE * pixels)):
                return (
                    f'something stands in the way, {np.median(ahead_m):.2f} m ahead, that was '
                    f'not there before; the goal lies {goal_m:.2f} m ahead'
                )
        return None

    def _new_things_m(self, frame: RgbdFrame, onward: FloatArray, goal_m: float) -> FloatArray:
        """Return how far ahead along the way (n,) the points of what is new in it lie."""
        places = _touchable(frame, self.settings, _NOD)[:, :2]
        ahead_m = places @ onward
        aside_m = np.abs(places[:, 0] * onward[1] - places[:, 1] * onward[0])
        radius_m = self.settings.robot_radius_m
        # Nearer than its own radius the robot sees itself.
        within = (ahead_m > radius_m) & (ahead_m < min(goal_m, self.ahead_m))
        within &= aside_m < _RADIUS_SHARE * radius_m
        places_map = transform_places(frame.map_from_base, places[within])
        return ahead_m[within][~self.known.stand_at(places_map)]


def _at_the_goal(sight: Sight, goal: FloatArray) -> str | None:
    for view in sight.costmaps:
        if (view.values_at_base(goal + _BESIDE) >= INSCRIBED).all():
            return f'a costmap in {view.costmap.frame_id!r} now calls the goal occupied'
    return None


def _frames_with_depth(sight: Sight) -> Iterator[RgbdFrame]:
    yield from (frame for frame in sight.frames if frame.depth_m is not None)


def _touchable(frame: RgbdFrame, settings: FreeSpaceSettings, nod: float) -> FloatArray:
    """Return the points (n, 3) that a robot which nods so much could touch, in the base frame.

    Of a large picture not every pixel is taken: while driving it is looked at again and again.
    """
    assert frame.depth_m is not None
    step = _step(frame)
    rays, depth_m = frame.camera.pixel_rays()[::step, ::step], frame.depth_m[::step, ::step]
    points = (rays * depth_m[..., None]).reshape(-1, 3)
    rotation, position = frame.base_from_camera[:3, :3], frame.base_from_camera[:3, 3]
    points = points @ rotation.T.astype(np.float32) + position.astype(np.float32)
    with np.errstate(invalid='ignore'):
        low_m = settings.obstacle_low_m + nod * np.hypot(points[:, 0], points[:, 1])
        touchable = (points[:, 2] >= low_m) & (points[:, 2] <= settings.obstacle_high_m)
    return np.asarray(points[touchable], dtype=np.float64)


def _step(frame: RgbdFrame) -> int:
    camera = frame.camera
    return max(1, round(math.sqrt(camera.width_px * camera.height_px / _PIXELS)))
