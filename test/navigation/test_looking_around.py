"""A look around turns step by step, after it has asked once who wants to be asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from roaming import Roamer, failed
from surround import room_sight

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.navigation.events import Turned
from vlm_nav.navigation.looking_around import LookingAround, SeenAround
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.rgbd_frame import RgbdFrame


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


class Surrounded(Roamer):
    """Has four cameras, which look to all sides between them."""

    names: tuple[str, ...] = ('front', 'left', 'back', 'right')

    async def look(self, deadline: Deadline) -> Sight:
        """Show the drawn room."""
        self.did.append('look')
        return room_sight(*self.names)


async def looked(
    robot: Roamer, step_rad: float, views: int, known: Sequence[RgbdFrame] = ()
) -> SeenAround:
    around = LookingAround(robot, robot, step_rad, views, 5.0, 5.0)
    return await around.look(await robot.look(Deadline.after(9.0)), Deadline.after(9.0), known)


async def test_what_other_cameras_show_is_not_turned_to() -> None:
    robot = Surrounded(turn_s=0.0)
    seen = await looked(robot, math.pi / 2.0, 4)
    assert (seen.turns, seen.skipped, robot.did) == (0, 3, ['look'])
    assert [frame.camera_name for frame in seen.sight.frames] == list(robot.names)


async def test_what_fresh_frames_show_is_not_turned_to_and_is_part_of_what_is_seen() -> None:
    robot = Roamer(turn_s=0.0)
    first = await looked(robot, math.pi / 3.0, 6)
    assert first.turns == 5
    robot.did.clear()
    again = await looked(robot, math.pi / 3.0, 6, first.sight.frames)
    assert (again.turns, again.skipped, robot.did) == (0, 5, ['look'])
    assert len(again.sight.frames) == 6
    assert len({frame.camera_name for frame in again.sight.frames}) == 6


async def test_past_what_is_known_it_turns_at_once_and_the_shorter_way() -> None:
    robot = Roamer(turn_s=0.0)
    first = await looked(robot, math.pi / 3.0, 6)
    # Those taken after no, one, two, three and four turns: the last side is left.
    by_step = sorted(first.sight.frames, key=lambda frame: frame.stamp_ns)
    robot.pose = replace(robot.pose, yaw_rad=0.0)
    told = list[Event]()
    around = LookingAround(robot, robot, math.pi / 3.0, 6, 5.0, 5.0, [told.append])
    sight = await robot.look(Deadline.after(9.0))
    seen = await around.look(sight, Deadline.after(9.0), by_step[:5])
    assert (seen.turns, seen.skipped) == (1, 4)
    (turned,) = [event.angle_rad for event in told if isinstance(event, Turned)]
    assert turned == pytest.approx(-math.pi / 3.0)
    assert len(seen.sight.frames) == 6
