"""An instruction from its acceptance to its end."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pytest
from synthetic import frame_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import (
    AskingReason,
    ChoosingReason,
    CommonReason,
    DrivingReason,
    ObservationReason,
    Refusal,
)
from vlm_nav.navigation.events import Decided, Drove, Ended, Looked, Started
from vlm_nav.navigation.mission import Mission, MissionLimits
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.sight import Sight

SIGHT = Sight(frame_of())
WAYPOINT = Waypoint('map', 7, 1.0, 2.0, 0.5)
REACHED = DriveOutcome(reached=True, reason=None, detail='')


class Robot:
    """Eyes, selector and base of a mission, by script."""

    def __init__(
        self,
        look: Sight | Refusal = SIGHT,
        decision: Decision | Refusal | None = None,
        outcome: DriveOutcome | None = REACHED,
    ) -> None:
        self.scripted_look, self.outcome = look, outcome
        self.decision = decision or Decision(DecisionOutcome.GOAL, 'go', WAYPOINT)
        self.driven: list[Waypoint] = []
        self.remaining_s: dict[str, float] = {}
        self.stopped = False
        self.driving = asyncio.Event()

    async def look(self, deadline: Deadline) -> Sight:
        self.remaining_s['look'] = deadline.remaining_s()
        if isinstance(self.scripted_look, Refusal):
            raise self.scripted_look
        return self.scripted_look

    async def select(self, sight: Sight, instruction: str, deadline: Deadline) -> Decision:
        self.remaining_s['decide'] = deadline.remaining_s()
        if isinstance(self.decision, Refusal):
            raise self.decision
        return self.decision

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        self.remaining_s['drive'] = deadline.remaining_s()
        self.driven.append(waypoint)
        self.driving.set()
        try:
            if self.outcome is None:
                await asyncio.sleep(60.0)
        finally:
            self.stopped = True
        assert self.outcome is not None
        return self.outcome


def mission(robot: Robot, *listeners: Callable[[Event], None], **limits: Any) -> Mission:
    return Mission(
        robot, robot, robot, MissionLimits(**limits), listeners, name_record=lambda: 'record-1'
    )


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


async def test_an_instruction_is_looked_at_decided_and_driven() -> None:
    robot, told = Robot(), []
    end = await mission(robot, told.append).carry_out('go to the chair')
    assert kinds(told) == [Started, Looked, Decided, Drove, Ended]
    assert robot.driven == [WAYPOINT]
    assert end.reason is None
    assert end.drive == REACHED
    assert end.decision.record == 'record-1'
    assert told[0] == Started('record-1', 'go to the chair')
    assert told[-1] == Ended(end.decision, REACHED)


async def test_every_step_has_its_own_deadline() -> None:
    robot = Robot()
    limits = {'look_timeout_s': 100.0, 'decision_timeout_s': 200.0, 'drive_timeout_s': 300.0}
    await mission(robot, **limits).carry_out('go')
    assert robot.remaining_s['look'] == pytest.approx(100.0, abs=5.0)
    assert robot.remaining_s['decide'] == pytest.approx(200.0, abs=5.0)
    assert robot.remaining_s['drive'] == pytest.approx(300.0, abs=5.0)


@pytest.mark.parametrize('instruction', ['', '   ', '\n\t '])
async def test_an_instruction_without_words_is_refused(instruction: str) -> None:
    robot, told = Robot(), []
    end = await mission(robot, told.append).carry_out(instruction)
    assert end.reason is AskingReason.INSTRUCTION_EMPTY
    assert end.decision.outcome is DecisionOutcome.HOLD
    assert kinds(told) == [Started, Decided, Ended]
    assert robot.driven == []


async def test_an_instruction_that_is_too_long_is_refused() -> None:
    end = await mission(Robot()).carry_out('go ' * 4000)
    assert end.reason is AskingReason.INSTRUCTION_TOO_LONG
    assert '2000' in end.decision.detail
    assert '12000' in end.decision.detail
    longest = await mission(Robot(), instruction_characters=5).carry_out('go on')
    assert longest.reason is None


@pytest.mark.parametrize('reason', [ObservationReason.STALE_IMAGE, ObservationReason.NO_TRANSFORM])
async def test_what_the_eyes_refuse_holds_the_robot(reason: ObservationReason) -> None:
    robot, told = Robot(look=Refusal(reason, 'the words of the eyes')), []
    end = await mission(robot, told.append).carry_out('go')
    assert end.reason is reason
    assert end.decision.outcome is DecisionOutcome.HOLD
    assert end.decision.detail == 'the words of the eyes'
    assert end.decision.instruction == 'go'
    assert kinds(told) == [Started, Decided, Ended]
    assert robot.driven == []


async def test_what_the_selector_refuses_holds_the_robot() -> None:
    refusal = Refusal(DrivingReason.NO_VALID_COSTMAP, 'none')
    robot, told = Robot(decision=refusal), []
    end = await mission(robot, told.append).carry_out('go')
    assert end.reason is DrivingReason.NO_VALID_COSTMAP
    assert kinds(told) == [Started, Looked, Decided, Ended]


@pytest.mark.parametrize(
    'decision',
    [
        Decision(DecisionOutcome.ARRIVED, 'go'),
        Decision(DecisionOutcome.HOLD, 'go', reason=ChoosingReason.NO_AGREEMENT),
    ],
)
async def test_without_a_waypoint_nothing_is_driven(decision: Decision) -> None:
    robot, told = Robot(decision=decision), []
    end = await mission(robot, told.append).carry_out('go')
    assert end.reason is decision.reason
    assert end.drive is None
    assert robot.driven == []
    assert Drove not in kinds(told)


@pytest.mark.parametrize(
    'reason', [DrivingReason.NAV_ABORTED, DrivingReason.OFF_TARGET, CommonReason.REPLACED]
)
async def test_how_the_drive_ended_is_how_the_instruction_ended(
    reason: DrivingReason | CommonReason,
) -> None:
    outcome = DriveOutcome(reached=False, reason=reason, detail='words')
    told: list[Event] = []
    end = await mission(Robot(outcome=outcome), told.append).carry_out('go')
    assert end.reason is reason
    assert end.decision.outcome is DecisionOutcome.GOAL
    assert told[-2:] == [Drove(outcome), Ended(end.decision, outcome)]


@pytest.mark.parametrize('reason', [None, CommonReason.REPLACED, CommonReason.SHUTTING_DOWN])
async def test_cancelling_stops_the_base_and_tells_the_end(reason: CommonReason | None) -> None:
    robot, told = Robot(outcome=None), []
    why = () if reason is None else (lambda: reason,)
    task = asyncio.ensure_future(mission(robot, told.append).carry_out('go', *why))
    await robot.driving.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert robot.stopped
    assert kinds(told) == [Started, Looked, Decided, Ended]
    ended = told[-1]
    assert isinstance(ended, Ended)
    assert ended.drive is not None
    assert (ended.drive.reached, ended.drive.reason) == (False, reason or CommonReason.CANCELLED)
    assert ended.decision.record == 'record-1'


async def test_cancelling_while_the_robot_looks_ends_before_any_drive() -> None:
    looking, robot, told = asyncio.Event(), Robot(), []

    class Waiting:
        async def look(self, deadline: Deadline) -> Sight:
            looking.set()
            await asyncio.sleep(60.0)
            raise AssertionError

    waiting = Mission(Waiting(), robot, robot, listeners=(told.append,))
    task = asyncio.ensure_future(waiting.carry_out('go'))
    await looking.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert kinds(told) == [Started, Ended]
    assert told[-1].drive.reason is CommonReason.CANCELLED
    assert told[-1].decision.instruction == 'go'
    assert robot.driven == []


async def test_listeners_do_not_change_the_decision() -> None:
    told: list[Event] = []
    alone = await mission(Robot()).carry_out('go')
    heard = await mission(Robot(), told.append, lambda event: None).carry_out('go')
    assert alone == heard


def test_what_was_not_begun_is_told_with_its_reason() -> None:
    told: list[Event] = []
    end = mission(Robot(), told.append).refuse('go', CommonReason.PAUSED, 'paused by hand')
    assert end.reason is CommonReason.PAUSED
    assert end.decision.detail == 'paused by hand'
    assert kinds(told) == [Started, Decided, Ended]


def test_every_record_has_a_name_of_its_own() -> None:
    robot = Robot()
    ends = [Mission(robot, robot, robot).refuse('go', CommonReason.PAUSED, '') for _ in range(50)]
    assert len({end.decision.record for end in ends}) == 50


@pytest.mark.parametrize(
    'wrong',
    [
        {'look_timeout_s': 0.0},
        {'decision_timeout_s': -1.0},
        {'drive_timeout_s': 0.0},
        {'drive_timeout_s': math.nan},
        {'instruction_characters': 0},
    ],
)
def test_limits_that_leave_no_room_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError):
        MissionLimits(**wrong)
