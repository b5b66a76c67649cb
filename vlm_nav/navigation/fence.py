"""Where the robot may be: inside a fence, outside of what is kept out.

A robot that stands where it may not be, may drive to where it may; nobody else leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.reasons import CandidateReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import floor_pose_of, transform_points
from vlm_nav.navigation.polygon import Polygon, polygon_from
from vlm_nav.pivot.ground_space import GroundChecks, GroundGuard

_STEP_M = 0.05
# A way that begins beside a border may come this much nearer to it.
_SLACK_M = 0.05


@dataclass(frozen=True)
class Fence:
    """Polygons in the map's frame; without any, the robot may be everywhere."""

    around: Polygon | None = None
    keep_out: tuple[Polygon, ...] = ()

    @property
    def is_set(self) -> bool:
        """Whether there is any border."""
        return self.around is not None or bool(self.keep_out)

    def clearances_m(self, places: FloatArray) -> FloatArray:
        """Return how far places (..., 2) lie on the right side of each border (borders, ...)."""
        kept = [-zone.clearance_m(places) for zone in self.keep_out]
        if self.around is not None:
            kept.insert(0, self.around.clearance_m(places))
        return np.array(kept).reshape(len(kept), *places.shape[:-1])

    def allows(self, places: FloatArray, radius_m: float) -> NDArray[np.bool_]:
        """Return whether a robot of this radius may stand at places (..., 2)."""
        return np.asarray((self.clearances_m(places) >= radius_m).all(axis=0))

    def allows_ways(
        self, start: FloatArray, places: FloatArray, radius_m: float
    ) -> NDArray[np.bool_]:
        """Return whether the straight ways from a place (2,) to places (n, 2) stay allowed.

        A border that the robot has once kept a distance from, up to its radius, it keeps.
        """
        if not len(places):
            return np.zeros(0, dtype=np.bool_)
        longest_m = float(np.hypot(*(places - start).T).max())
        shares = np.linspace(0.0, 1.0, max(2, int(longest_m / _STEP_M) + 2))
        on_way = start + shares[:, None, None] * (places - start)
        clearance_m = self.clearances_m(on_way)
        kept_m = np.minimum(np.maximum.accumulate(clearance_m, axis=1), radius_m)
        lost = (kept_m >= 0.0) & (clearance_m < np.maximum(0.0, kept_m - _SLACK_M))
        return np.asarray(~lost.any(axis=(0, 1)))


def fence_from(around: str, keep_out: Sequence[str]) -> Fence:
    """Return the fence of texts as in `polygon_from`; empty ones stand for none.

    Raises InvalidValueError for texts that are no polygons.
    """
    zones = [
        polygon_from(text, f'keep_out {number}')
        for number, text in enumerate(keep_out, start=1)
        if text.strip()
    ]
    return Fence(polygon_from(around, 'fence') if around.strip() else None, tuple(zones))


def fenced(
    guard: GroundGuard, fence: Fence, map_from_base: FloatArray, radius_m: float
) -> GroundGuard:
    """Return the guard of a robot of this radius behind a fence; itself where none is set."""
    return FencedGuard(guard, fence, map_from_base, radius_m) if fence.is_set else guard


@dataclass(frozen=True, eq=False)
class FencedGuard:
    """Refuses what another guard allows, where the place or the way to it is not allowed."""

    guard: GroundGuard
    fence: Fence
    map_from_base: FloatArray
    radius_m: float

    def __call__(self, places: FloatArray) -> GroundChecks:
        """Return for each place (n, 2) of the base frame why it may not be driven to, if so."""
        checks = self.guard(places)
        on_floor = np.column_stack([places, np.zeros(len(places))])
        on_map = transform_points(self.map_from_base, on_floor)[:, :2]
        here = floor_pose_of(self.map_from_base)
        start = np.array((here.x_m, here.y_m))
        allowed = self.fence.allows(on_map, self.radius_m)
        allowed &= self.fence.allows_ways(start, on_map, self.radius_m)
        refused = checks.refused.copy()
        refused[~allowed] = CandidateReason.OUTSIDE_FENCE
        return GroundChecks(refused, checks.free_m)
