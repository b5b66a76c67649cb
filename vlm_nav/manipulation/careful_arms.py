"""Arms around an arm: what does not move, or not before something is so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import DrivingReason, HandReason
from vlm_nav.core.waiting import DeadlinePassedError, done_by
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import Arm, ArmOutcome
from vlm_nav.manipulation.grasp_plan import Grasp, Place


@dataclass(frozen=True, eq=False)
class DryRunArm:
    """Implements arm_port.Arm: every motion ends where it begins.

    `arm` says what can be reached, where one is given.
    """

    arm: Arm | None = None

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Return at once that the grasp was not sent."""
        return _dry_run(grasp.base_from_grasp)

    async def place(self, place: Place, deadline: Deadline) -> ArmOutcome:
        """Return at once that the place was not sent."""
        return _dry_run(place.base_from_place)

    async def stop(self) -> None:
        """Do nothing: nothing moves."""

    def reachable(
        self, base_from_grasp: FloatArray, around: FloatArray | None = None
    ) -> HandReason | None:
        """Return what the other arm says, None without one."""
        return None if self.arm is None else self.arm.reachable(base_from_grasp, around)


@dataclass(frozen=True, eq=False)
class PublishedOnlyArm:
    """Implements arm_port.Arm for robots whose own software takes published poses and moves."""

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Return at once: to publish the pose is all."""
        return ArmOutcome(True, None, 'the pose was published; nothing was moved from here')

    async def place(self, place: Place, deadline: Deadline) -> ArmOutcome:
        """Return at once: to publish the pose is all."""
        return ArmOutcome(True, None, 'the pose was published; nothing was moved from here')

    async def stop(self) -> None:
        """Do nothing: nothing was moved from here."""

    def reachable(
        self, base_from_grasp: FloatArray, around: FloatArray | None = None
    ) -> HandReason | None:
        """Return None: nothing is known of the arm."""
        return None


@dataclass(frozen=True, eq=False)
class _ByAnotherArm:
    """What is not careful about an arm is left to another one."""

    arm: Arm

    async def stop(self) -> None:
        """Stop the other arm."""
        await self.arm.stop()

    def reachable(
        self, base_from_grasp: FloatArray, around: FloatArray | None = None
    ) -> HandReason | None:
        """Return what the other arm says."""
        return self.arm.reachable(base_from_grasp, around)


@dataclass(frozen=True, eq=False)
class ToldArm(_ByAnotherArm):
    """Implements arm_port.Arm with another arm; tells of each pose right before it is sent."""

    on_pick: Callable[[Grasp], None]
    on_place: Callable[[Place], None] = lambda place: None

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Tell, and pick; see arm_port.Arm."""
        self.on_pick(grasp)
        return await self.arm.pick(grasp, deadline)

    async def place(self, place: Place, deadline: Deadline) -> ArmOutcome:
        """Tell, and place; see arm_port.Arm."""
        self.on_place(place)
        return await self.arm.place(place, deadline)


@dataclass(frozen=True, eq=False)
class StandingArm(_ByAnotherArm):
    """Implements arm_port.Arm with another arm, where the base has not moved since the picture.

    `moved` gives how a motion ends where it has, None where it has not; see standing.Standing.
    """

    moved: Callable[[], ArmOutcome | None]

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Pick where the base stands as it stood; see arm_port.Arm."""
        return self.moved() or await self.arm.pick(grasp, deadline)

    async def place(self, place: Place, deadline: Deadline) -> ArmOutcome:
        """Place where the base stands as it stood; see arm_port.Arm."""
        return self.moved() or await self.arm.place(place, deadline)


@dataclass(frozen=True, eq=False)
class ConfirmedArm(_ByAnotherArm):
    """Implements arm_port.Arm with another arm, a person's release before each motion.

    `released` shows a pose (4, 4) of the base frame until it is released. Without that a motion
    ends with `not_confirmed` after `timeout_s`; the wait is not taken from the motion's time.
    """

    released: Callable[[FloatArray], Awaitable[None]]
    timeout_s: float

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Wait for the release and pick; see arm_port.Arm."""
        motion_s = deadline.remaining_s()
        refused = await self._refused(grasp.base_from_grasp)
        return refused or await self.arm.pick(grasp, Deadline.after(motion_s))

    async def place(self, place: Place, deadline: Deadline) -> ArmOutcome:
        """Wait for the release and place; see arm_port.Arm."""
        motion_s = deadline.remaining_s()
        refused = await self._refused(place.base_from_place)
        return refused or await self.arm.place(place, Deadline.after(motion_s))

    async def _refused(self, base_from_pose: FloatArray) -> ArmOutcome | None:
        try:
            await done_by(Deadline.after(self.timeout_s), self.released(base_from_pose))
        except DeadlinePassedError:
            detail = f'nobody released it within {self.timeout_s:.3g} s'
            return ArmOutcome(False, DrivingReason.NOT_CONFIRMED, detail)
        return None


def _dry_run(base_from_pose: FloatArray) -> ArmOutcome:
    x_m, y_m, z_m = base_from_pose[:3, 3].tolist()
    detail = f'dry run: ({x_m:.3f}, {y_m:.3f}, {z_m:.3f}) was not sent'
    return ArmOutcome(False, DrivingReason.DRY_RUN, detail)
