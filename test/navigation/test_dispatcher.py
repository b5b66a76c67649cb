"""One instruction at a time, and one end for each, whatever happens to it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from synthetic import frame_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.reasons import CommonReason
from vlm_nav.navigation.dispatcher import Dispatcher
from vlm_nav.navigation.events import Ended, Started
from vlm_nav.navigation.mission import BROKEN, Mission, MissionEnd
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.sight import Sight


class Robot:
    """Drives until it is told to arrive, and takes a moment to stop."""

    def __init__(self) -> None:
        self.arrive = asyncio.Event()
        self.driving: list[str] = []
        self.most_at_once = 0

    async def look(self, deadline: Deadline) -> Sight:
        return Sight(frame_of())

    async def select(self, sight: Sight, instruction: str, deadline: Deadline) -> Decision:
        waypoint = Waypoint(instruction, 0, 1.0, 0.0, 0.0)
        return Decision(DecisionOutcome.GOAL, instruction, waypoint)

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        self.driving.append(waypoint.frame_id)
        self.most_at_once = max(self.most_at_once, len(self.driving))
        try:
            await self.arrive.wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            self.driving.remove(waypoint.frame_id)
        return DriveOutcome(reached=True, reason=None, detail='')


class Ends:
    """Remembers how instructions ended."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def __call__(self, end: MissionEnd) -> None:
        self.told.append((end.decision.instruction, end.reason))


async def settled(robot: Robot, instruction: str | None = None) -> None:
    """Wait until an instruction is driven, or nothing is."""
    for _ in range(200):
        await asyncio.sleep(0)
        if robot.driving == ([] if instruction is None else [instruction]):
            return
    raise AssertionError(robot.driving)


def dispatcher(robot: Robot) -> Dispatcher:
    return Dispatcher(Mission(robot, robot, robot))


async def test_an_instruction_is_carried_out_and_ends_once() -> None:
    robot, ends = Robot(), Ends()
    office = dispatcher(robot)
    office.instruct('a', ends)
    assert office.busy
    await settled(robot, 'a')
    robot.arrive.set()
    await settled(robot)
    await asyncio.sleep(0.01)
    assert ends.told == [('a', None)]
    assert not office.busy


async def test_a_new_instruction_replaces_the_one_under_way_after_it_has_stopped() -> None:
    robot, ends = Robot(), Ends()
    office = dispatcher(robot)
    office.instruct('a', ends)
    await settled(robot, 'a')
    office.instruct('b', ends)
    await settled(robot, 'b')
    assert ends.told == [('a', CommonReason.REPLACED)]
    assert robot.most_at_once == 1
    await office.close()
    assert ends.told[1:] == [('b', CommonReason.SHUTTING_DOWN)]


async def test_instructions_that_come_at_once_all_end_and_the_last_is_driven() -> None:
    robot, ends = Robot(), Ends()
    office = dispatcher(robot)
    for instruction in ('a', 'b', 'c'):
        office.instruct(instruction, ends)
    await settled(robot, 'c')
    assert sorted(ends.told) == [('a', CommonReason.REPLACED), ('b', CommonReason.REPLACED)]
    robot.arrive.set()
    await settled(robot)
    await asyncio.sleep(0.01)
    assert ends.told[2:] == [('c', None)]
    assert not office.busy


async def test_a_cancel_ends_what_is_under_way_even_before_it_began() -> None:
    robot, ends = Robot(), Ends()
    office = dispatcher(robot)
    assert not office.cancel()
    office.instruct('a', ends)
    assert office.cancel()
    await asyncio.sleep(0.01)
    office.instruct('b', ends)
    await settled(robot, 'b')
    assert office.cancel()
    await asyncio.sleep(0.01)
    assert ends.told == [('a', CommonReason.CANCELLED), ('b', CommonReason.CANCELLED)]
    assert not office.busy


async def test_an_instruction_that_never_began_is_told_of_too() -> None:
    robot, ends, events = Robot(), Ends(), []
    office = Dispatcher(Mission(robot, robot, robot, listeners=[events.append]))
    for instruction in ('a', 'b', 'c'):
        office.instruct(instruction, ends)
    await settled(robot, 'c')
    started = [event.instruction for event in events if isinstance(event, Started)]
    ended = [event.decision.instruction for event in events if isinstance(event, Ended)]
    assert sorted(started) == ['a', 'b', 'c']
    assert sorted(ended) == ['a', 'b']
    await office.close()


async def test_a_pause_ends_and_refuses_until_it_is_over() -> None:
    robot, ends = Robot(), Ends()
    office = dispatcher(robot)
    office.instruct('a', ends)
    await settled(robot, 'a')
    office.pause(True)
    office.instruct('b', ends)
    await settled(robot)
    await asyncio.sleep(0.01)
    assert office.paused
    assert sorted(ends.told) == [('a', CommonReason.PAUSED), ('b', CommonReason.PAUSED)]
    office.pause(False)
    office.instruct('c', ends)
    await settled(robot, 'c')
    await office.close()


async def test_who_takes_over_ends_and_refuses_until_they_have_been_quiet() -> None:
    robot, ends = Robot(), Ends()
    office = Dispatcher(Mission(robot, robot, robot), quiet_s=0.2)
    office.instruct('a', ends)
    await settled(robot, 'a')
    office.override()
    assert office.overridden
    office.instruct('b', ends)
    await settled(robot)
    await asyncio.sleep(0.15)
    office.override()
    await asyncio.sleep(0.15)
    office.instruct('c', ends)
    assert sorted(ends.told) == [(name, CommonReason.OVERRIDDEN) for name in ('a', 'b', 'c')]
    await asyncio.sleep(0.1)
    assert not office.overridden
    office.instruct('d', ends)
    await settled(robot, 'd')
    await office.close()


@pytest.mark.parametrize('begun', [True, False])
async def test_closing_ends_what_is_under_way_and_refuses_the_rest(begun: bool) -> None:
    robot, ends = Robot(), Ends()
    office = dispatcher(robot)
    office.instruct('a', ends)
    if begun:
        await settled(robot, 'a')
    await office.close()
    office.instruct('b', ends)
    assert ends.told == [
        ('a', CommonReason.SHUTTING_DOWN),
        ('b', CommonReason.SHUTTING_DOWN),
    ]
    assert robot.driving == []


async def test_an_error_of_the_program_ends_the_instruction_by_name_and_is_told() -> None:
    class Broken(Robot):
        async def select(self, sight: Sight, instruction: str, deadline: Deadline) -> Decision:
            raise ZeroDivisionError(instruction)

    robot, ends, errors, events = Broken(), Ends(), [], []
    mission = Mission(robot, robot, robot, listeners=[events.append])
    dispatcher = Dispatcher(mission, on_error=errors.append)
    over = asyncio.Event()
    dispatcher.instruct('divide', lambda end: (ends(end), over.set()))
    await asyncio.wait_for(over.wait(), 10.0)
    assert ends.told == [('divide', CommonReason.INTERNAL_ERROR)]
    assert [type(error) for error in errors] == [ZeroDivisionError]
    assert isinstance(events[-1], Ended)
    assert events[-1].drive == BROKEN
    assert not dispatcher.busy
