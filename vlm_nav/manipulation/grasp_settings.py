"""How is grasped, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.grasp_plan import Approach


@dataclass(frozen=True)
class GraspSettings:
    """How is grasped, in metres.

    The pregrasp is `approach_m` before the grasp. The tips reach `depth_m` behind the thing's
    nearest point, where they can, at least `least_depth_m`, and stay `tip_room_m` before what
    lies there. On either side the fingers open `room_m` wider than the thing where there is
    space, at least `least_room_m`. Grasp and pregrasp stay inside the workspace, two corners of
    the base frame. `count` grasps are returned at most.
    """

    approaches: tuple[Approach, ...] = tuple(Approach)
    approach_m: float = 0.1
    depth_m: float = 0.035
    least_depth_m: float = 0.006
    tip_room_m: float = 0.004
    room_m: float = 0.01
    least_room_m: float = 0.002
    workspace_low_m: tuple[float, float, float] = (-2.0, -2.0, -1.0)
    workspace_high_m: tuple[float, float, float] = (2.0, 2.0, 2.5)
    count: int = 3

    def __post_init__(self) -> None:
        """Raise InvalidValueError for lengths that are none, and an empty workspace."""
        lengths = (
            self.approach_m,
            self.depth_m,
            self.least_depth_m,
            self.tip_room_m,
            self.room_m,
            self.least_room_m,
        )
        if not all(0.0 < length < math.inf for length in lengths) or self.count < 1:
            raise InvalidValueError(f'lengths and counts are above 0, got {self}')
        if not all(np.less(self.workspace_low_m, self.workspace_high_m)):
            raise InvalidValueError(
                f'a workspace lies between its corners, got {self.workspace_low_m} and '
                f'{self.workspace_high_m}'
            )

    def in_workspace(self, places_base: FloatArray) -> bool:
        """Return whether all places (..., 3) are inside the workspace."""
        low, high = self.workspace_low_m, self.workspace_high_m
        return bool(((places_base >= low) & (places_base <= high)).all())
