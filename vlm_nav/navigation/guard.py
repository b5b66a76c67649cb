"""Which places on the floor may be offered to the model and driven to.

A place is taken where nothing seen stands in the straight way to it, no costmap calls it
occupied, and it is known to be free: seen free all the way, or free in a costmap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import CandidateReason, DrivingReason, Refusal
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import INSCRIBED, CostmapView, may_stand
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.observation.free_space import FreeSpace
from vlm_nav.pivot.ground_space import GroundChecks


@dataclass(frozen=True, eq=False)
class FloorGuard:
    """Judges places by the depth of frames, by costmaps, or by both."""

    free_space: FreeSpace | None
    costmaps: tuple[CostmapView, ...] = ()

    def __post_init__(self) -> None:
        """Raise InvalidValueError where there is nothing to judge by."""
        if self.free_space is None and not self.costmaps:
            raise InvalidValueError('a guard needs depth or a costmap, got neither')

    def __call__(self, places: FloatArray) -> GroundChecks:
        """Return for each place (n, 2) of the base frame why it may not be driven to, if so."""
        refused = np.full(len(places), None, dtype=np.object_)
        occupied, free = self._by_costmaps(places)
        refused[~free] = self._reason_for_unknown
        refused[occupied] = CandidateReason.COSTMAP_OCCUPIED
        if self.free_space is None:
            return GroundChecks(refused, np.full(len(places), np.nan))
        range_m = np.hypot(places[:, 0], places[:, 1])
        bearing_rad = np.arctan2(places[:, 1], places[:, 0])
        seen_free_m = self.free_space.free_range_m(bearing_rad)
        unmeasured = self.free_space.is_assumed(places) & ~free
        refused[(seen_free_m >= range_m) & ~occupied & ~unmeasured] = None
        unobstructed_m = self.free_space.unobstructed_range_m(bearing_rad)
        refused[unobstructed_m < range_m] = CandidateReason.OBSTACLE
        return GroundChecks(refused, seen_free_m)

    @property
    def _reason_for_unknown(self) -> CandidateReason:
        if self.costmaps:
            return CandidateReason.COSTMAP_UNKNOWN
        return CandidateReason.UNSEEN_FLOOR

    def _by_costmaps(self, places: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which places any costmap calls occupied, and which one calls free."""
        occupied = np.zeros(len(places), dtype=np.bool_)
        free = np.zeros(len(places), dtype=np.bool_)
        for view in self.costmaps:
            values = view.values_at_base(places)
            occupied |= values >= INSCRIBED
            free |= may_stand(values)
        return occupied, free


def refuse_blind(sight: Sight) -> None:
    """Raise Refusal with `no_valid_costmap` where nothing tells free floor from the rest."""
    if not sight.costmaps and all(frame.depth_m is None for frame in sight.frames):
        raise Refusal(
            DrivingReason.NO_VALID_COSTMAP,
            'a robot without depth needs a global or local costmap, got neither',
        )


def guard_for(sight: Sight, settings: FreeSpaceSettings) -> FloorGuard:
    """Return the guard for what is seen.

    Raises InvalidValueError on a sight with neither depth nor costmap.
    """
    return FloorGuard(sight.free_space(settings), sight.costmaps)
