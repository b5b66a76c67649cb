"""Looking again while driving: who steps in stops the robot, and so does blindness."""

from __future__ import annotations

import asyncio
import math
import threading
from typing import Any

import pytest
from held_threads import held_threads
from synthetic import Box, frame_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import DrivingReason, ObservationReason, Refusal
from vlm_nav.navigation.events import Looked, Started
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.watched_base import LastSight, RecheckSettings, WatchedBase

GOAL = Waypoint('map', 7, 3.0, 0.0, 0.0)
REACHED = DriveOutcome(True, None, 'there')
FREE = Sight(frame_of())
PERSON = Sight(frame_of([Box((1.0, 1.3), (-0.2, 0.2), (0.0, 1.7))]))
NO_DEPTH = Refusal(ObservationReason.NO_DEPTH, 'none came')
QUICK = {'recheck_period_s': 0.001}


class Robot:
    """Eyes that see by script, again and again the last of it, and a base that never arrives."""

    def __init__(self, *script: Sight | Refusal) -> None:
        self.script = list(script)
        self.looks = 0
        self.looked = asyncio.Event()
        self.stopped = False
        self.arrive = asyncio.Event()

    async def look(self, deadline: Deadline) -> Sight:
        self.looks += 1
        self.looked.set()
        found = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(found, Refusal):
            # As the real eyes do: only when the time is over is nothing there.
            await asyncio.sleep(deadline.remaining_s())
            raise found
        return found

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        try:
            await asyncio.wait_for(self.arrive.wait(), 20.0)
        finally:
            self.stopped = True
        return REACHED


def watched(robot: Robot, before: Sight | None = FREE, **settings: Any) -> WatchedBase:
    given = RecheckSettings(**{**QUICK, **settings})
    return WatchedBase(robot, robot, lambda: before, settings=given)


async def test_who_steps_in_while_the_robot_drives_ends_the_drive() -> None:
    robot = Robot(FREE, FREE, PERSON)
    outcome = await watched(robot).drive(GOAL, Deadline.after(20.0))
    assert (outcome.reached, outcome.reason) == (False, DrivingReason.WAY_BLOCKED)
    assert '1.0' in outcome.detail
    assert robot.stopped
    assert robot.looks == 3


async def test_who_stood_there_when_the_goal_was_chosen_does_not() -> None:
    robot = Robot(PERSON)
    driving = asyncio.ensure_future(watched(robot, PERSON).drive(GOAL, Deadline.after(20.0)))
    while robot.looks < 5:
        robot.looked.clear()
        await robot.looked.wait()
    robot.arrive.set()
    assert await driving == REACHED


async def test_a_moment_without_sight_is_no_reason_to_stop() -> None:
    robot = Robot(FREE, PERSON)
    base = watched(robot, recheck_blind_s=10.0)
    robot.script.insert(1, Refusal(ObservationReason.BAD_CALIBRATION, 'for once'))

    async def at_once(deadline: Deadline) -> Sight:
        robot.looks += 1
        found = robot.script.pop(0)
        if isinstance(found, Refusal):
            raise found
        return found

    robot.look = at_once  # type: ignore[method-assign]
    outcome = await base.drive(GOAL, Deadline.after(20.0))
    assert outcome.reason is DrivingReason.WAY_BLOCKED
    assert robot.looks == 3


async def test_without_sight_for_too_long_the_drive_ends_for_the_reason_of_the_eyes() -> None:
    robot = Robot(FREE, NO_DEPTH)
    outcome = await watched(robot, recheck_blind_s=0.05).drive(GOAL, Deadline.after(20.0))
    assert (outcome.reached, outcome.reason) == (False, ObservationReason.NO_DEPTH)
    assert '0.05 s' in outcome.detail
    assert 'none came' in outcome.detail
    assert robot.stopped


async def test_the_time_without_sight_begins_anew_with_every_look_that_saw_something() -> None:
    robot, ends_s = Robot(FREE), []
    see = robot.look

    async def look(deadline: Deadline) -> Sight:
        ends_s.append(deadline.at_s)
        return PERSON if len(ends_s) == 3 else await see(deadline)

    robot.look = look  # type: ignore[method-assign]
    await watched(robot, recheck_blind_s=10.0).drive(GOAL, Deadline.after(20.0))
    assert ends_s[0] < ends_s[1] < ends_s[2]


async def test_who_may_drive_blind_does_so_and_still_looks() -> None:
    robot = Robot(NO_DEPTH, NO_DEPTH, PERSON)
    outcome = await watched(robot, recheck_blind_s=0.0).drive(GOAL, Deadline.after(20.0))
    assert outcome.reason is DrivingReason.WAY_BLOCKED
    assert robot.looks == 3


async def test_who_steps_in_is_seen_while_name_lookups_hold_all_threads_of_the_loop() -> None:
    robot = Robot(FREE, PERSON)
    with held_threads():
        driving = watched(robot).drive(GOAL, Deadline.after(20.0))
        outcome = await asyncio.wait_for(driving, 10.0)
    assert outcome.reason is DrivingReason.WAY_BLOCKED


@pytest.mark.parametrize('what', ['KnownThings', 'WayCheck.objection'])
async def test_a_sight_that_cannot_be_looked_through_is_none(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()

    def takes_long(*_: Any) -> None:
        done.wait(20.0)

    monkeypatch.setattr(f'vlm_nav.navigation.watched_base.{what}', takes_long)
    monkeypatch.setattr('vlm_nav.navigation.watched_base._LOOK_S', 0.05)
    robot = Robot(FREE)
    driving = watched(robot, recheck_blind_s=0.05).drive(GOAL, Deadline.after(20.0))
    try:
        outcome = await asyncio.wait_for(driving, 10.0)
    finally:
        done.set()
    assert (outcome.reached, outcome.reason) == (False, ObservationReason.STALE_IMAGE)
    assert 'looked through' in outcome.detail
    assert robot.stopped


async def test_nobody_looks_any_more_when_the_drive_has_ended() -> None:
    robot = Robot(FREE)
    driving = asyncio.ensure_future(watched(robot).drive(GOAL, Deadline.after(20.0)))
    await robot.looked.wait()
    robot.arrive.set()
    assert await driving == REACHED
    looks = robot.looks
    await asyncio.sleep(0.02)
    assert robot.looks == looks


def test_what_is_decided_from_is_what_was_told_last() -> None:
    last = LastSight()
    assert last.sight is None
    for sight in (FREE, PERSON):
        last(Looked(sight))
        last(Started('', 'go'))
        assert last.sight is sight


@pytest.mark.parametrize(
    'wrong',
    [
        {'recheck_period_s': 0.0},
        {'recheck_ahead_m': -1.0},
        {'recheck_blind_s': -0.1},
        {'recheck_blind_s': math.nan},
        {'recheck_period_s': math.nan},
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError):
        RecheckSettings(**wrong)
