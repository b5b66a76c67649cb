"""What picking needs from an arm with a gripper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason, ReasonCode
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.grasp_plan import Grasp, Place


@dataclass(frozen=True)
class ArmOutcome:
    """How a motion of the arm ended: `reason` is None exactly when it was done.

    `no_way` is that same reason where it says that no way was found to the first pose, so that
    the arm has not moved and may be asked for another.
    """

    done: bool
    reason: ReasonCode | None
    detail: str
    no_way: HandReason | None = None

    @classmethod
    def without_way(cls, reason: HandReason, detail: str) -> ArmOutcome:
        """Return how it ends where no way was found, before anything has moved."""
        return cls(False, reason, detail, no_way=reason)


class Arm(Protocol):
    """Moves the gripper to one pose at a time, in the base frame."""

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Grasp and lift, and return how that ended, before `deadline` or soon after it.

        Cancelling the awaiting task stops the arm before the cancellation goes on.
        """
        ...

    async def place(self, place: Place, deadline: Deadline) -> ArmOutcome:
        """Put down what the gripper holds and draw back; ends and is cancelled as `pick`."""
        ...

    async def stop(self) -> None:
        """Stop the arm where it is; what it holds stays held."""
        ...

    def reachable(
        self, base_from_grasp: FloatArray, around: FloatArray | None = None
    ) -> HandReason | None:
        """Return None where the gripper can take this pose (4, 4), else why not.

        The arm behind the gripper must not touch the points (n, 3) `around`, where there are any.
        Cheap enough to be asked for dozens of poses.
        """
        ...
