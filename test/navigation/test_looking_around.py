"""A look around turns step by step, after it has asked once who wants to be asked."""

from __future__ import annotations

from dataclasses import dataclass

from roaming import Roamer, failed

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.navigation.events import Turned
from vlm_nav.navigation.looking_around import LookingAround, SeenAround
from vlm_nav.navigation.ports import DriveOutcome


@dataclass
class AskedRoamer(Roamer):
    """Wants to be asked before it turns, and counts how often it was."""

    answer: DriveOutcome | None = None
    asked: int = 0

    async def refused(self, deadline: Deadline) -> DriveOutcome | None:
        """Return what the script says."""
        self.asked += 1
        return self.answer


async def seen_around(robot: Roamer, told: list[Event]) -> SeenAround:
    around = LookingAround(robot, robot, 1.57, 4, 5.0, 5.0, [told.append])
    return await around.look(await robot.look(Deadline.after(9.0)), Deadline.after(9.0))


async def test_a_turner_that_wants_to_be_asked_is_asked_once_for_all_turns() -> None:
    robot = AskedRoamer(turn_s=0.0)
    seen = await seen_around(robot, [])
    assert (seen.turns, robot.did.count('turn'), robot.asked) == (3, 3, 1)


async def test_where_it_refuses_the_robot_does_not_turn_and_the_reason_is_told() -> None:
    refused, told = failed(DrivingReason.NOT_CONFIRMED), list[Event]()
    robot = AskedRoamer(turn_s=0.0, answer=refused)
    seen = await seen_around(robot, told)
    assert (seen.turns, seen.last, robot.did) == (0, refused, ['look'])
    assert [event.outcome for event in told if isinstance(event, Turned)] == [refused]


async def test_other_turners_turn_unasked() -> None:
    assert (await seen_around(Roamer(turn_s=0.0), [])).turns == 3
