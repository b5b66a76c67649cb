"""Places on the floor as PIVOT's action space, in metres of the base frame."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Candidate, GroundAction, MetricFacts, Pixel
from vlm_nav.core.reasons import CandidateReason
from vlm_nav.drawing.marks import RgbArray
from vlm_nav.geometry.poses import inverse, transform_points, wrap_angle
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.distribution import FloatArray, Gaussian
from vlm_nav.pivot.spaces import Proposals
from vlm_nav.vlm.question import Purpose


@dataclass(frozen=True, eq=False)
class GroundChecks:
    """What a guard says about places (n, 2) of the base frame.

    `refused` (n,) holds a ReasonCode or None for each; `free_m` (n,) is how far the robot may
    drive along each bearing, NaN where unmeasured.
    """

    refused: NDArray[np.object_]
    free_m: FloatArray


GroundGuard = Callable[[FloatArray], GroundChecks]


@dataclass(frozen=True, eq=False)
class GroundSpace:
    """Places that the robot could drive to; vectors are (x, y) on the floor of the base frame.

    The first round samples range and bearing evenly over the camera's view between `nearest_m`
    and `farthest_m`. The guard that is given judges every place before it is drawn.
    """

    frame: RgbdFrame
    guard: GroundGuard
    nearest_m: float = 0.5
    farthest_m: float = 4.0
    floor_m: float = 0.05

    @property
    def purpose(self) -> Purpose:
        """Return what a choice in this space is for."""
        return Purpose.GROUND_WAYPOINT

    @property
    def picture(self) -> tuple[str, RgbArray]:
        """Return the identifier and the clean picture of the frame."""
        return self.frame.identifier, self.frame.rgb

    @property
    def arrow_tail(self) -> Pixel | None:
        """Return the bottom centre of the picture (paper, section 4.1)."""
        camera = self.frame.camera
        return Pixel((camera.width_px - 1) / 2.0, camera.height_px - 1.0)

    @property
    def floor(self) -> tuple[float, ...]:
        """Return the smallest standard deviation in metres."""
        return (self.floor_m, self.floor_m)

    def sample(
        self, distribution: Gaussian | None, count: int, rng: np.random.Generator
    ) -> FloatArray:
        """Return places (count, 2): from the distribution, or from the whole view if None."""
        if distribution is not None:
            return distribution.sample(count, rng)
        low_rad, high_rad = self._view
        range_m = rng.uniform(self.nearest_m, self.farthest_m, size=count)
        bearing_rad = rng.uniform(low_rad, high_rad, size=count)
        return np.column_stack([range_m * np.cos(bearing_rad), range_m * np.sin(bearing_rad)])

    def propose(self, vectors: FloatArray) -> Proposals:
        """Return where the places show; unseen and blocked ones are refused."""
        anchors = self.anchors(vectors)
        range_m = np.hypot(vectors[:, 0], vectors[:, 1])
        shown = self.frame.camera.contains(anchors)
        shown &= (range_m >= self.nearest_m) & (range_m <= self.farthest_m)
        refused = np.full(len(vectors), CandidateReason.OUTSIDE_IMAGE, dtype=np.object_)
        free_m = np.full(len(vectors), np.nan)
        checks = self.guard(vectors[shown])
        refused[shown], free_m[shown] = checks.refused, checks.free_m
        return Proposals(vectors, anchors, refused, free_m)

    def candidate(self, label: int, proposals: Proposals, index: int) -> Candidate[GroundAction]:
        """Return the place as range and bearing, with what is known about the way to it."""
        action = ground_action(*map(float, proposals.vectors[index]))
        free_m = float(proposals.free_m[index])
        facts = MetricFacts(
            action.range_m, action.bearing_rad, None if math.isnan(free_m) else free_m
        )
        anchor = Pixel(*map(float, proposals.anchors[index]))
        return Candidate(label, action, anchor, facts, proposals.refused[index])

    def anchors(self, vectors: FloatArray) -> FloatArray:
        """Return where the places on the floor show in the picture (n, 2)."""
        on_floor = np.column_stack([vectors, np.zeros(len(vectors))])
        return self.frame.camera.project(transform_points(self._camera_from_base, on_floor))

    @functools.cached_property
    def _camera_from_base(self) -> FloatArray:
        return inverse(self.frame.base_from_camera)

    @functools.cached_property
    def _view(self) -> tuple[float, float]:
        """Return the least and the greatest bearing that the picture may show."""
        camera = self.frame.camera
        right_px, bottom_px = camera.width_px - 1.0, camera.height_px - 1.0
        middle = (camera.cx_px, camera.cy_px)
        borders = [
            (0.0, middle[1]),
            (right_px, middle[1]),
            (middle[0], 0.0),
            (middle[0], bottom_px),
        ]
        rays = camera.rays([middle, *borders]) @ self.frame.base_from_camera[:3, :3].T
        bearings = np.arctan2(rays[:, 1], rays[:, 0])
        # However the camera hangs, its border is told from its middle.
        known = bearings[1:][np.isfinite(bearings[1:])]
        aside = [wrap_angle(float(bearing - bearings[0])) for bearing in known]
        low_rad, high_rad = min(aside), max(aside)
        # A steep camera shows more to the sides near the base than on the horizon.
        spread = 0.25 * (high_rad - low_rad)
        return float(bearings[0]) + low_rad - spread, float(bearings[0]) + high_rad + spread


def ground_action(x_m: float, y_m: float) -> GroundAction:
    """Return a place on the floor of the base frame as range and bearing."""
    return GroundAction(math.hypot(x_m, y_m), math.atan2(y_m, x_m))
