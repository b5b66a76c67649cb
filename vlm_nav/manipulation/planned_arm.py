"""An arm whose motions somebody else plans: to before the thing freely, from there straight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.arm_steps import (
    LOST_ON_THE_WAY,
    MET_NOTHING,
    Fingers,
    closed,
    in_turn,
)
from vlm_nav.manipulation.grasp_plan import Grasp, Place
from vlm_nav.manipulation.joint_solving import JointSolver
from vlm_nav.manipulation.trajectory_arm import TrajectorySettings

_ALL_DONE = 'all motions were planned and carried out'


class MotionPlanner(Fingers, Protocol):
    """Plans motions among what it knows of the scene, and carries them out.

    Cancelling the awaiting task stops the arm before the cancellation goes on.
    """

    async def go(self, base_from_tip: FloatArray, deadline: Deadline) -> ArmOutcome:
        """Bring the tip's frame to a pose (4, 4), on whichever way; tell where there is none."""
        ...

    async def go_straight(self, base_from_tip: FloatArray, deadline: Deadline) -> ArmOutcome:
        """Bring the tip's frame to a pose (4, 4) on a straight line."""
        ...

    async def stop(self) -> None:
        """Stop what is under way."""
        ...


@dataclass(frozen=True, eq=False)
class PlannedArm:
    """Implements arm_port.Arm by a planner; `settings` say how the tip's frame lies in the hand.

    `solver` tells, where it is known, which poses can be reached at all; without one that is
    found out when the motion is planned.
    """

    planner: MotionPlanner
    settings: TrajectorySettings = TrajectorySettings()
    solver: Callable[[], JointSolver | None] = lambda: None

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Open, go before the thing, straight onto it, close, lift, close once more; see Arm."""
        before, at = (
            self.settings.base_from_tip(pose)
            for pose in (grasp.base_from_pregrasp, grasp.base_from_grasp)
        )
        lifted = at.copy()
        lifted[2, 3] += self.settings.lift_m
        return await in_turn(
            lambda: self.planner.grip(grasp.opening_m, deadline),
            lambda: self.planner.go(before, deadline),
            lambda: self.planner.go_straight(at, deadline),
            lambda: closed(self.planner, MET_NOTHING, deadline),
            lambda: self.planner.go_straight(lifted, deadline),
            lambda: closed(self.planner, LOST_ON_THE_WAY, deadline),
            all_done=_ALL_DONE,
        )

    async def place(self, place: Place, deadline: Deadline) -> ArmOutcome:
        """Go above the place, straight down, open, and draw back; see arm_port.Arm."""
        before, at = (
            self.settings.base_from_tip(pose)
            for pose in (place.base_from_preplace, place.base_from_place)
        )
        return await in_turn(
            lambda: self.planner.go(before, deadline),
            lambda: self.planner.go_straight(at, deadline),
            lambda: self.planner.grip(np.inf, deadline),
            lambda: self.planner.go_straight(before, deadline),
            all_done=_ALL_DONE,
        )

    async def stop(self) -> None:
        """Stop the arm where it is."""
        await self.planner.stop()

    def reachable(
        self, base_from_grasp: FloatArray, around: FloatArray | None = None
    ) -> HandReason | None:
        """Return UNREACHABLE where a described arm has no angles that bring the fingers there.

        What it would touch on its way the planner knows better.
        """
        solver = self.solver()
        if solver is None:
            return None
        found = solver.solve(self.settings.base_from_tip(base_from_grasp))
        return HandReason.UNREACHABLE if found is None else None
