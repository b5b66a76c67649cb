"""Poses of the gripper: to grasp, to place, and which of them were refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray

Reachable: TypeAlias = Callable[[FloatArray], HandReason | None]
"""Tells of a pose (4, 4) of the gripper why it cannot be taken, None where it can."""


class Approach(str, Enum):
    """From where the gripper comes: from above, against the surface, or as the camera looks."""

    TOP_DOWN = 'top_down'
    NORMAL = 'normal'
    VIEW_RAY = 'view_ray'


@dataclass(frozen=True, eq=False)
class Grasp:
    """One pose (4, 4) of the gripper that grasps, and the one that it comes from.

    The frame of a grasp lies between the finger tips: x is the direction of approach, y that in
    which the fingers close, z completes them to a right-handed frame. `base_from_pregrasp` is
    the same pose, drawn back along x. `width_m` is how far the fingers stand apart when they
    touch, `opening_m` how far on the way there. `clearance_m` is the distance of the nearest
    point of the scene from the gripper on its way; `score` is higher for the better grasp, 0..1.
    """

    base_from_grasp: FloatArray
    base_from_pregrasp: FloatArray
    width_m: float
    opening_m: float
    approach: Approach
    clearance_m: float
    score: float


@dataclass(frozen=True, eq=False)
class GraspPlan:
    """Grasps, the best first, and those that were refused with their reasons."""

    ranked: tuple[Grasp, ...] = ()
    refused: tuple[tuple[Grasp, HandReason], ...] = ()

    @property
    def best(self) -> Grasp | None:
        """Return the best grasp, None where none is left."""
        return self.ranked[0] if self.ranked else None

    @property
    def reason(self) -> HandReason | None:
        """Return why no grasp is left, by what was refused most; None where one is."""
        if self.ranked or not self.refused:
            return None
        return Counter(reason for _, reason in self.refused).most_common(1)[0][0]

    def without_best(self, reason: HandReason) -> GraspPlan:
        """Return the plan with its best grasp among those that were refused."""
        refused = [(grasp, reason) for grasp in self.ranked[:1]]
        return GraspPlan(self.ranked[1:], (*self.refused, *refused))

    @property
    def why(self) -> str:
        """Return how many grasps were refused for each reason, in words."""
        counted = Counter(reason.value for _, reason in self.refused)
        return ', '.join(f'{count} {reason}' for reason, count in counted.most_common())


@dataclass(frozen=True, eq=False)
class Place:
    """One pose (4, 4) of the gripper that puts down what it holds, and the one before it.

    `point_base` is where the thing's foot comes to stand, `clearance_m` how far the nearest
    other thing or the edge of the surface is from its outline, `score` higher for the better.
    """

    base_from_place: FloatArray
    base_from_preplace: FloatArray
    point_base: FloatArray
    clearance_m: float
    score: float


@dataclass(frozen=True, eq=False)
class PlacePlan:
    """Places, the best first; `reason` and `detail` say why there is none."""

    ranked: tuple[Place, ...] = ()
    reason: HandReason | None = None
    detail: str = ''

    @property
    def best(self) -> Place | None:
        """Return the best place, None where there is none."""
        return self.ranked[0] if self.ranked else None
