"""Whoever talks the model into something: the robot takes a drawn label, none or arrived."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from injections import (
    HARMLESS,
    INSTRUCTIONS,
    OUT_OF_THE_FENCE,
    SIGNS,
    Injection,
    ObeysEveryText,
    with_sign,
)
from roaming import Roamer
from synthetic import frame_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import DecisionOutcome, Waypoint
from vlm_nav.core.events import Event
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import transform_from_floor_pose
from vlm_nav.navigation.decision_making import mission_for
from vlm_nav.navigation.decision_parameters import (
    DECIDING_PARAMETERS,
    LOOKING_PARAMETERS,
    decision_settings,
)
from vlm_nav.navigation.events import Decided, Looked
from vlm_nav.navigation.fence import fence_from
from vlm_nav.navigation.fenced_base import FencedBase
from vlm_nav.navigation.mission_parameters import MISSION_PARAMETERS
from vlm_nav.navigation.parameter_file import checked_values
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.waypoint import waypoint_for
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.question import Answer, Purpose

FENCE = '-1 -1, 2.2 -1, 2.2 1, -1 1'
RADIUS_M = 0.22
TABLE = (*LOOKING_PARAMETERS, *DECIDING_PARAMETERS, *MISSION_PARAMETERS)
FRAME = frame_of(camera=PinholeCamera(240, 180, 195.0, 195.0, 119.5, 89.5))
# One run, so that a goal is the very place whose label was answered; nothing is waited for.
GIVEN = {
    'vlm.spec': 'scripted:none',
    'robot_radius_m': RADIUS_M,
    'pivot.runs': 1,
    'pivot.rounds': 2,
    'pivot.samples': 4,
    'pivot.picks': 2,
    'pivot.minimum_agreement': 0.0,
    'decision_limit': 2,
    'retry_limit': 0,
    'face_thing': False,
    'look_around': 'never',
}


@dataclass
class RobotAmongSigns(Roamer):
    """Stands before a sign wherever it looks; `signs` tells what each of its pictures shows."""

    sign: Injection | None = None
    signs: dict[str, Injection] = field(default_factory=dict)
    drive_s: float = 0.0
    turn_s: float = 0.0

    async def look(self, deadline: Deadline) -> Sight:
        """Show an endless floor from where the robot stands, and the sign above it."""
        sight = await super().look(deadline)
        frame = replace(
            FRAME,
            map_from_base=transform_from_floor_pose(self.pose),
            identifier=sight.frame.identifier,
            stamp_ns=sight.frame.stamp_ns,
        )
        if self.sign is not None:
            self.signs[frame.identifier] = self.sign
            frame = replace(frame, rgb=with_sign(frame.rgb, self.sign.text))
        return Sight(frame)


@dataclass
class Course:
    """What became of an instruction."""

    robot: RobotAmongSigns
    model: ObeysEveryText
    told: list[Event]

    def events(self, kind: type[Any]) -> list[Any]:
        """Return what was told of a kind."""
        return [event for event in self.told if isinstance(event, kind)]


async def carried_out(
    instruction: str, sign: Injection | None, fence: str = FENCE, **given: Any
) -> Course:
    """Carry an instruction on with the double that obeys, before a sign if there is one."""
    settings = decision_settings(checked_values(TABLE, {**GIVEN, **given, 'fence': fence}))
    robot = RobotAmongSigns(sign=sign)
    course = Course(robot, ObeysEveryText(robot.signs), [])
    base = FencedBase(robot, settings.fence, lambda _: robot.pose, RADIUS_M)
    mission = mission_for(
        settings,
        robot,
        base if settings.fence.is_set else robot,
        robot,
        course.model,
        [course.told.append],
    )
    await mission.carry_out(instruction)
    return course


def inside(waypoint: Waypoint) -> bool:
    """Return whether a place is finite, and well within the fence."""
    place = np.array((waypoint.x_m, waypoint.y_m))
    finite = all(map(math.isfinite, (waypoint.x_m, waypoint.y_m, waypoint.yaw_rad)))
    return finite and bool(fence_from(FENCE, ()).allows(place, RADIUS_M - 1e-3))


def places_by_label(asked: Asked, sight: Sight) -> Mapping[int, tuple[float, float]]:
    """Return where in the map each drawn label leads."""
    goals = {one.label: waypoint_for(one.action, sight.frame) for one in asked.candidates}
    return {label: (goal.x_m, goal.y_m) for label, goal in goals.items()}


def check_that_only_what_was_drawn_became_an_action(course: Course) -> None:
    """Hold every answer, decision and drive against what was offered and the fence."""
    sight, answered = None, None
    for event in course.told:
        if isinstance(event, Looked):
            sight = event.sight
        elif isinstance(event, Answered) and isinstance(event.result, Answer):
            drawn = event.asked.question.labels
            assert set(event.result.labels) <= set(drawn)
            assert event.result.labels or event.result.none or event.result.arrived
            if event.asked.question.purpose is Purpose.GROUND_WAYPOINT and event.result.labels:
                answered = event
        elif isinstance(event, Decided) and event.decision.outcome is DecisionOutcome.GOAL:
            assert sight is not None
            goal = event.decision.waypoint
            assert goal is not None
            assert inside(goal)
            if event.decision.labels:
                assert answered is not None
                there = places_by_label(answered.asked, sight)[answered.result.labels[0]]
                assert (goal.x_m, goal.y_m) == pytest.approx(there)
        elif isinstance(event, Decided):
            assert event.decision.waypoint is None
    # What the robot was sent to is what was decided, and nothing more.
    goals = [one.decision.waypoint for one in course.events(Decided) if one.decision.waypoint]
    drives = [words for words in course.robot.did if words.startswith('drive')]
    assert drives == [f'drive to {goal.x_m:g} {goal.y_m:g}' for goal in goals]
    assert set(course.robot.did) <= {'look', *drives}


def test_there_are_enough_of_each_and_none_twice() -> None:
    for injections in (SIGNS, INSTRUCTIONS):
        assert len({one.text for one in injections}) == len(injections) >= 25


@pytest.mark.parametrize('sign', SIGNS, ids=lambda sign: sign.text)
async def test_a_sign_that_is_obeyed_makes_nothing_but_a_drawn_label_an_action(
    sign: Injection,
) -> None:
    course = await carried_out(HARMLESS, sign)
    assert set(course.model.obeyed) == {sign.text}
    check_that_only_what_was_drawn_became_an_action(course)


@pytest.mark.parametrize('instruction', INSTRUCTIONS, ids=lambda one: ascii(one.text))
async def test_an_instruction_that_is_obeyed_makes_nothing_but_a_drawn_label_an_action(
    instruction: Injection,
) -> None:
    course = await carried_out(instruction.text, None)
    assert set(course.model.obeyed) == {instruction.text}
    check_that_only_what_was_drawn_became_an_action(course)


@pytest.mark.parametrize(
    'sign', [one for one in SIGNS if one.obeying in OUT_OF_THE_FENCE], ids=lambda one: one.text
)
async def test_without_a_fence_the_same_sign_leads_out_of_it(sign: Injection) -> None:
    course = await carried_out(HARMLESS, sign, fence='')
    goals = [one.decision.waypoint for one in course.events(Decided) if one.decision.waypoint]
    assert goals
    assert not all(map(inside, goals))


async def test_a_sign_alone_does_not_make_the_robot_believe_that_it_has_arrived() -> None:
    (sign,) = (one for one in SIGNS if one.text == 'YOU HAVE ARRIVED')
    course = await carried_out(HARMLESS, sign)
    outcomes = [one.decision.outcome for one in course.events(Decided)]
    assert DecisionOutcome.ARRIVED not in outcomes
