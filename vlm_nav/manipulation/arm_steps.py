"""What arms have in common that carry a pick out step by step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.manipulation.arm_port import ArmOutcome

Step: TypeAlias = Callable[[], Awaitable[ArmOutcome]]
"""Begins a motion of the arm or of the fingers, and gives how it ended."""

MET_NOTHING = 'the fingers closed and met nothing'
LOST_ON_THE_WAY = 'the fingers closed once more after the lift and met nothing'


class Fingers(Protocol):
    """Opens and closes a gripper."""

    async def grip(self, opening_m: float, deadline: Deadline) -> ArmOutcome:
        """Bring the fingers so far apart, inf: as far as they go; or hold what is between.

        Told to close again they go on holding what they hold.
        """
        ...

    def holds_nothing(self) -> bool:
        """Return whether the fingers met nothing when they closed, False where nobody knows."""
        ...


async def closed(fingers: Fingers, lost: str, deadline: Deadline) -> ArmOutcome:
    """Close the fingers; GRASP_LOST with the words `lost` where they then hold nothing."""
    outcome = await fingers.grip(0.0, deadline)
    if outcome.done and fingers.holds_nothing():
        return ArmOutcome(False, HandReason.GRASP_LOST, lost)
    return outcome


async def in_turn(*steps: Step, all_done: str) -> ArmOutcome:
    """Take one step after the other; after one that failed none is begun."""
    for step in steps:
        outcome = await step()
        if not outcome.done:
            return outcome
    return ArmOutcome(True, None, all_done)
