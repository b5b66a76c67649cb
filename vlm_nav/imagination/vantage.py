"""Which places the robot can drive to, where to look from them, and what that is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.reasons import CandidateReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, floor_pose_of, transform_places, wrap_angle
from vlm_nav.imagination.proposing import Surroundings
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.memory.costmap_ways import cells_of
from vlm_nav.observation.headings import heading_in_base_rad
from vlm_nav.observation.rgbd_frame import RgbdFrame

# A way on says how to get around what stands in the straight way, and over what was not seen.
_OVERRULED = (CandidateReason.OBSTACLE, CandidateReason.UNSEEN_FLOOR)
# A picture shows so much to both sides of its middle.
_HALF_VIEW_RAD = math.radians(35.0)
# Farther aside than this from onward, nothing is in the picture that was seen from here.
_WIDEST_TURN_RAD = math.radians(60.0)
# Less than this is not worth turning to.
_LEAST_M2 = 0.5
_STEP_M = 0.1
# A way that is so much longer than the straight one leads around something.
_DETOUR, _DETOUR_M = 1.2, 0.3


@dataclass(frozen=True, eq=False)
class Vantage:
    """Judges places (n, 2) of the base frame of some surroundings."""

    surroundings: Surroundings

    @property
    def can_tell(self) -> bool:
        """Whether there is anything to judge by."""
        return self.surroundings.ways is not None or self.surroundings.refused is not None

    def may_stand(self, places: FloatArray) -> NDArray[np.bool_]:
        """Return which places the robot can drive to and has room at."""
        ways, refused = self.surroundings.ways, self.surroundings.refused
        free = np.full(len(places), self.can_tell)
        if not len(places):
            return free
        if refused is not None:
            against = refused(places)
            known = ways is not None
            free &= [one is None or (known and one in _OVERRULED) for one in against]
        if ways is not None:
            in_map = self.in_map(places)
            rows, columns = cells_of(ways.costmap, in_map)
            free &= ways.costmap.contains(in_map) & ways.comfortable[rows, columns]
        return free

    def ways_m(self, places: FloatArray) -> FloatArray:
        """Return how far the robot would drive, inf where no way leads; straight without ways."""
        ways = self.surroundings.ways
        if ways is None:
            straight_m: FloatArray = np.hypot(places[:, 0], places[:, 1])
            return straight_m
        return ways.lengths_m_to(self.in_map(places))

    def farthest_m(self, bearing_rad: float, between_m: tuple[float, float]) -> float | None:
        """Return how far along a bearing the farthest place lies that can be gone to straight.

        None where no place between the two distances can.
        """
        nearest_m, farthest_m = between_m
        ranges_m = np.arange(farthest_m, nearest_m - 1e-9, -_STEP_M)
        places = ranges_m[:, None] * (math.cos(bearing_rad), math.sin(bearing_rad))
        straight = self.ways_m(places) <= _DETOUR * ranges_m + _DETOUR_M
        found = np.flatnonzero(straight & self.may_stand(places))
        return float(ranges_m[found[0]]) if len(found) else None

    def viewpoints(
        self, places: FloatArray, yaws_rad: Sequence[float] | None = None
    ) -> list[Viewpoint]:
        """Return viewpoints at places, facing what was not looked over where that is known.

        Else they look along `yaws_rad`, and without those onward, away from the robot.
        """
        if not len(places):
            return []
        onward_rad = np.arctan2(places[:, 1], places[:, 0])
        wanted_rad = onward_rad if yaws_rad is None else np.asarray(yaws_rad, dtype=np.float64)
        facing_rad = self._facing_rad(places, onward_rad, wanted_rad)
        shown_m2, worth = self._worth(places)
        ways_m = self.ways_m(places)
        return [
            Viewpoint(
                FloorPose(float(x_m), float(y_m), wrap_angle(float(yaw_rad))),
                view_towards(self.surroundings.frames, float(bearing_rad)),
                *map(float, facts),
            )
            for (x_m, y_m), yaw_rad, bearing_rad, *facts in zip(
                places, facing_rad, onward_rad, shown_m2, ways_m, worth, strict=True
            )
        ]

    def in_map(self, places: FloatArray) -> FloatArray:
        """Return places in the frame of the costmap."""
        return transform_places(self.surroundings.map_from_base, places)

    def _worth(self, places: FloatArray) -> tuple[FloatArray, FloatArray]:
        to_search = self.surroundings.to_search
        if to_search is None:
            unknown: FloatArray = np.full(len(places), np.nan)
            return unknown, unknown
        in_map = self.in_map(places)
        return to_search.shown_m2(in_map), to_search.worth(in_map)

    def _facing_rad(
        self, places: FloatArray, onward_rad: FloatArray, wanted_rad: FloatArray
    ) -> FloatArray:
        to_search = self.surroundings.to_search
        if to_search is None:
            return wanted_rad
        by_bearing_m2 = to_search.shown_by_bearing_m2(self.in_map(places))
        bearings = by_bearing_m2.shape[1]
        half = round(_HALF_VIEW_RAD / (2.0 * math.pi) * bearings)
        in_view_m2 = sum(np.roll(by_bearing_m2, shift, axis=1) for shift in range(-half, half + 1))
        base_rad = floor_pose_of(self.surroundings.map_from_base).yaw_rad
        yaws_rad = np.arange(bearings) / bearings * 2.0 * math.pi - base_rad
        aside_rad = np.abs(_wrapped(yaws_rad - onward_rad[:, None]))
        # Of headings that show as much, that nearest to onward.
        score = np.where(aside_rad <= _WIDEST_TURN_RAD, in_view_m2 - 1e-3 * aside_rad, -np.inf)
        best = score.argmax(axis=1)
        shows = np.asarray(in_view_m2)[np.arange(len(places)), best] >= _LEAST_M2
        return np.where(shows, yaws_rad[best], wanted_rad)


def view_towards(frames: Sequence[RgbdFrame], bearing_rad: float) -> int:
    """Return the index of the frame whose camera looks nearest to a bearing of the base."""
    aside_rad = [abs(wrap_angle(heading_in_base_rad(frame) - bearing_rad)) for frame in frames]
    return int(np.argmin(aside_rad))


def rank_of(one: Viewpoint) -> tuple[float, float]:
    """Return what viewpoints are ranked by: worth, and where that is the same or unknown, way."""
    return (0.0 if math.isnan(one.worth) else one.worth), one.way_m


def _wrapped(angles_rad: FloatArray) -> FloatArray:
    wrapped: FloatArray = np.mod(angles_rad + math.pi, 2.0 * math.pi) - math.pi
    return wrapped
