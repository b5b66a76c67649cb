"""Picking from its task to its end: what is told, what is refused, and when the arm moves."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hands import ArmDouble, EyesDouble, grasp_at, lifted_at, plan_of
from numpy.typing import NDArray
from synthetic import frame_of

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.dispatcher import Dispatcher
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import (
    AskingReason,
    ChoosingReason,
    CommonReason,
    DrivingReason,
    HandReason,
    ObservationReason,
    ReasonCode,
    Refusal,
)
from vlm_nav.geometry.arrays import DepthArray, FloatArray, RgbArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.careful_arms import (
    ConfirmedArm,
    DryRunArm,
    PublishedOnlyArm,
    ToldArm,
)
from vlm_nav.manipulation.events import PickEnd, PickTask
from vlm_nav.manipulation.grasp_plan import Grasp, GraspPlan
from vlm_nav.manipulation.in_words import (
    pick_decision_json,
    pick_decision_words,
    pick_end_json,
    pick_end_words,
)
from vlm_nav.manipulation.lifted import Lifted, Refused
from vlm_nav.manipulation.pick_poses import measured_near
from vlm_nav.manipulation.picking import Picking, PickLimits
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.pointing import Pointed

CUP = PickTask('pick up the cup', Pixel(30.0, 20.0))
GRASP = grasp_at()


class PointsDouble:
    """A double that points where it is told to."""

    def __init__(self, pointed: Pointed | Refusal) -> None:
        self.pointed = pointed
        self.allowed: NDArray[np.bool_] | None = None

    async def point(
        self,
        identifier: str,
        rgb: RgbArray,
        instruction: str,
        deadline: Deadline,
        allowed: NDArray[np.bool_] | None = None,
        depth_m: DepthArray | None = None,
    ) -> Pointed:
        """Point there."""
        self.allowed = allowed
        if isinstance(self.pointed, Refusal):
            raise self.pointed
        return self.pointed


def lift(frame: RgbdFrame, pixel: Pixel) -> Lifted | Refused:
    return lifted_at(pixel, frame.stamp_ns)


def plan(frame: RgbdFrame, lifted: Lifted) -> GraspPlan | Refused:
    return plan_of(GRASP, grasp_at(y_m=0.1))


def picking(arm: Any, **parts: Any) -> Picking:
    usual: dict[str, Any] = {
        'eyes': EyesDouble(),
        'points': PointsDouble(Pointed(Pixel(12.0, 34.0), confidence=1.0, labels=(3,), calls=9)),
        'lift': lift,
        'plan': plan,
    }
    return Picking(**{**usual, **parts}, arm=arm)


def ready_arm() -> ArmDouble:
    arm = ArmDouble()
    arm.may_end.set()
    return arm


async def test_a_pixel_leads_to_the_best_grasp_and_the_arm_takes_it() -> None:
    arm, heard = ready_arm(), []
    end = await picking(arm, listeners=[heard.append], name_record=lambda: 'r1').carry_out(CUP)
    assert (end.reason, end.decision.pixel, end.decision.record) == (None, CUP.pixel, 'r1')
    assert arm.picked == [GRASP]
    assert [type(event).__name__ for event in heard] == [
        'PickStarted', 'PickLooked', 'PickDecided', 'ArmMoved', 'PickEnded',
    ]  # fmt: skip


async def test_words_lead_to_the_pixel_that_is_pointed_at() -> None:
    arm = ready_arm()
    end = await picking(arm).carry_out(PickTask('the cup'))
    assert end.decision.pixel == Pixel(12.0, 34.0)
    assert (end.decision.calls, end.decision.labels, end.reason) == (9, (3,), None)
    said = json.loads(pick_decision_json(end.decision))
    assert (said['outcome'], said['u_px'], said['approach']) == ('pick', 12.0, 'top_down')
    assert said['grasp']['position_m'] == [0.4, 0.0, 0.3]
    assert json.loads(pick_end_json(end))['picked'] is True
    assert '0.400' in pick_decision_words(end.decision)
    assert 'picked' in pick_end_words(end)


NO_POINT = Pointed(None, ChoosingReason.NONE_FITS, 'none')
REFUSED = {
    'pixel_outside': (PickTask('', Pixel(-1.0, 5.0)), {}, ObservationReason.PIXEL_OUTSIDE_IMAGE),
    'pixel_nan': (
        PickTask('', Pixel(np.nan, 5.0)), {}, ObservationReason.PIXEL_OUTSIDE_IMAGE,
    ),
    'no_words': (PickTask('  '), {}, AskingReason.INSTRUCTION_EMPTY),
    'many_words': (PickTask('cup ' * 1000), {}, AskingReason.INSTRUCTION_TOO_LONG),
    'nothing_pointed_at': (
        PickTask('the cup'), {'points': PointsDouble(NO_POINT)}, ChoosingReason.NONE_FITS,
    ),
    'nobody_answers': (
        PickTask('the cup'),
        {'points': PointsDouble(Refusal(AskingReason.BUDGET_SPENT, 'spent'))},
        AskingReason.BUDGET_SPENT,
    ),
    'not_lifted': (
        CUP,
        {'lift': lambda frame, pixel: Refused(HandReason.NO_SURFACE, 'a hole')},
        HandReason.NO_SURFACE,
    ),
    'not_planned': (
        CUP,
        {'plan': lambda frame, lifted: Refused(HandReason.TOUCHING_OBJECTS, 'two')},
        HandReason.TOUCHING_OBJECTS,
    ),
    'all_grasps_refused': (
        CUP,
        {'plan': lambda frame, lifted: GraspPlan((), ((GRASP, HandReason.IN_COLLISION),))},
        HandReason.IN_COLLISION,
    ),
    'no_grasp_at_all': (
        CUP, {'plan': lambda frame, lifted: GraspPlan()}, HandReason.UNREACHABLE,
    ),
}  # fmt: skip


@pytest.mark.parametrize('name', REFUSED)
async def test_the_arm_never_moves_on_what_is_refused(name: str) -> None:
    task, parts, reason = REFUSED[name]
    arm, heard = ready_arm(), []
    end = await picking(arm, listeners=[heard.append], **parts).carry_out(task)
    assert (end.reason, end.outcome, arm.picked) == (reason, None, [])
    assert type(heard[-1]).__name__ == 'PickEnded'
    said = json.loads(pick_decision_json(end.decision))
    assert (said['outcome'], said['reason']) == ('hold', reason.value)
    assert ('1 in_collision' in said['detail']) is (name == 'all_grasps_refused')
    assert json.loads(pick_end_json(end))['picked'] is None
    assert reason.value in pick_decision_words(end.decision)


async def test_only_pixels_with_depth_near_them_are_offered() -> None:
    eyes = EyesDouble()
    depth_m = np.full(eyes.frame.rgb.shape[:2], np.nan, dtype=np.float32)
    depth_m[10, 10] = 1.0
    eyes.frame = replace(eyes.frame, depth_m=depth_m)
    points = PointsDouble(NO_POINT)
    await picking(ready_arm(), eyes=eyes, points=points).carry_out(PickTask('the cup'))
    assert points.allowed is not None
    assert points.allowed[10, 10]
    assert points.allowed[10, 11]
    assert not points.allowed[-1, -1]
    assert measured_near(replace(eyes.frame, depth_m=None)) is None


async def begun(arm: ArmDouble) -> None:
    while not arm.picked:
        await asyncio.sleep(0.001)


@pytest.mark.parametrize('reason', [CommonReason.CANCELLED, CommonReason.PAUSED])
async def test_who_stops_it_stops_the_arm_and_the_end_says_why(reason: CommonReason) -> None:
    arm, ends = ArmDouble(), []
    dispatcher: Dispatcher[PickTask, PickEnd] = Dispatcher(picking(arm))
    dispatcher.instruct(CUP, ends.append)
    await asyncio.wait_for(begun(arm), 10.0)
    if reason is CommonReason.PAUSED:
        dispatcher.pause(True)
    else:
        assert dispatcher.cancel()
    await dispatcher.close()
    assert arm.stops == 1
    assert [end.reason for end in ends] == [reason]
    dispatcher.instruct(CUP, ends.append)
    assert ends[-1].reason is CommonReason.SHUTTING_DOWN
    assert len(arm.picked) == 1


async def test_an_error_of_the_program_ends_it_with_a_word() -> None:
    def broken(frame: RgbdFrame, pixel: Pixel) -> Lifted:
        raise ZeroDivisionError

    heard: list[Event] = []
    with pytest.raises(ZeroDivisionError):
        await picking(ready_arm(), lift=broken, listeners=[heard.append]).carry_out(CUP)
    assert heard[-1].end.reason is CommonReason.INTERNAL_ERROR  # type: ignore[attr-defined]


async def outcome_of(arm: Any) -> tuple[bool, ReasonCode | None]:
    end = await picking(arm).carry_out(CUP)
    assert end.outcome is not None
    return end.outcome.done, end.outcome.reason


async def test_a_dry_run_decides_and_moves_nothing() -> None:
    arm = ready_arm()
    assert await outcome_of(DryRunArm(arm)) == (False, DrivingReason.DRY_RUN)
    assert arm.picked == []
    assert await outcome_of(PublishedOnlyArm()) == (True, None)


async def test_a_grasp_waits_for_its_release_and_is_told_when_it_is_sent() -> None:
    arm, shown, told = ready_arm(), [], []
    release = asyncio.Event()

    async def released(base_from_grasp: FloatArray) -> None:
        shown.append(base_from_grasp)
        await release.wait()

    def told_of(grasp: Grasp) -> None:
        told.append(grasp)

    confirmed = ConfirmedArm(ToldArm(arm, told_of), released, 0.05)
    assert await outcome_of(confirmed) == (False, DrivingReason.NOT_CONFIRMED)
    assert (arm.picked, told) == ([], [])
    release.set()
    assert await outcome_of(confirmed) == (True, None)
    assert arm.picked == told == [GRASP]
    assert len(shown) == 2


class WaylessArm(ArmDouble):
    """A double that finds a way to nothing but the last of these."""

    last = 0
    moves = False

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Find no way, or pick it."""
        outcome = await super().pick(grasp, deadline)
        if len(self.picked) > self.last:
            return outcome
        if self.moves:
            return ArmOutcome(False, HandReason.UNREACHABLE, 'no way from there')
        return ArmOutcome.without_way(HandReason.UNREACHABLE, 'no way')


def wayless_arm(last: int, *, moves: bool = False) -> WaylessArm:
    arm = WaylessArm()
    arm.last, arm.moves = last, moves
    arm.may_end.set()
    return arm


async def test_where_the_arm_finds_no_way_to_the_best_grasp_it_tries_the_next() -> None:
    arm, heard, other = wayless_arm(1), [], grasp_at(y_m=0.1)
    hand = picking(arm, plan=lambda frame, lifted: plan_of(GRASP, other), listeners=[heard.append])
    end = await hand.carry_out(CUP)
    assert (end.reason, arm.picked) == (None, [GRASP, other])
    assert end.decision.grasp is other
    assert end.decision.plan is not None
    assert end.decision.plan.ranked == (other,)
    assert end.decision.plan.refused == ((GRASP, HandReason.UNREACHABLE),)
    assert [type(event).__name__ for event in heard] == [
        'PickStarted', 'PickLooked', 'PickDecided', 'PickDecided', 'ArmMoved', 'PickEnded',
    ]  # fmt: skip


async def test_where_there_is_a_way_to_no_grasp_the_last_one_says_why() -> None:
    arm = wayless_arm(9)
    end = await picking(arm).carry_out(CUP)
    assert (len(arm.picked), end.reason) == (2, HandReason.UNREACHABLE)


async def test_once_the_arm_has_moved_no_other_grasp_of_that_look_is_tried() -> None:
    arm = wayless_arm(1, moves=True)
    end = await picking(arm).carry_out(CUP)
    assert (arm.picked, end.reason) == ([GRASP], HandReason.UNREACHABLE)


class LosingArm(ArmDouble):
    """A double that loses what it picks so many times."""

    losses = 1

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Lose it, or pick it."""
        outcome = await super().pick(grasp, deadline)
        if len(self.picked) > self.losses:
            return outcome
        return ArmOutcome(False, HandReason.GRASP_LOST, 'met nothing')


def losing_arm(losses: int) -> LosingArm:
    arm = LosingArm()
    arm.losses = losses
    arm.may_end.set()
    return arm


@pytest.mark.parametrize(('losses', 'picks', 'done'), [(1, 2, True), (2, 2, False)])
async def test_what_the_hand_lost_is_looked_for_and_picked_once_more(
    losses: int, picks: int, done: bool
) -> None:
    arm, heard = losing_arm(losses), []
    words = PickTask('pick up the cup')
    end = await picking(arm, listeners=[heard.append]).carry_out(words)
    assert (len(arm.picked), end.decision.calls) == (picks, 18)
    assert end.outcome is not None
    assert (end.outcome.done, end.reason) == (done, None if done else HandReason.GRASP_LOST)
    assert 'tried again, for first met nothing' in end.outcome.detail
    assert [type(event).__name__ for event in heard] == [
        'PickStarted', *['PickLooked', 'PickDecided', 'ArmMoved'] * 2, 'PickEnded',
    ]  # fmt: skip


async def test_what_was_lost_and_is_not_found_again_stays_lost() -> None:
    seen = iter((plan_of(GRASP), Refused(HandReason.UNREACHABLE, 'too far')))
    arm = losing_arm(1)
    hand = picking(arm, plan=lambda frame, lifted: next(seen))
    end = await hand.carry_out(PickTask('pick up the cup'))
    assert (len(arm.picked), end.reason) == (1, HandReason.GRASP_LOST)
    assert end.outcome is not None
    assert 'unreachable (too far)' in end.outcome.detail


@pytest.mark.parametrize(
    ('task', 'limits'), [(CUP, PickLimits()), (PickTask('a cup'), PickLimits(retries=0))]
)
async def test_a_pixel_of_before_and_no_retries_are_tried_but_once(
    task: PickTask, limits: PickLimits
) -> None:
    arm = losing_arm(1)
    end = await picking(arm, limits=limits).carry_out(task)
    assert (len(arm.picked), end.reason) == (1, HandReason.GRASP_LOST)


async def test_all_tries_share_the_time_of_motion() -> None:
    arm = losing_arm(1)
    await picking(arm, limits=PickLimits(motion_timeout_s=1e-6)).carry_out(PickTask('a cup'))
    assert len(arm.picked) == 1


async def test_a_new_look_takes_nothing_from_the_time_of_motion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, left_s = SimpleNamespace(now_s=0.0), []
    monkeypatch.setattr(
        'vlm_nav.core.deadline.time', SimpleNamespace(monotonic=lambda: clock.now_s)
    )

    class SlowEyes(EyesDouble):
        async def look(self, deadline: Deadline) -> RgbdFrame:
            """Look for a long time."""
            clock.now_s += 100.0
            return await super().look(deadline)

    class TimedArm(LosingArm):
        async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
            """Move for 20 s."""
            left_s.append(deadline.remaining_s())
            clock.now_s += 20.0
            return await super().pick(grasp, deadline)

    arm = TimedArm()
    arm.may_end.set()
    await picking(arm, eyes=SlowEyes()).carry_out(PickTask('a cup'))
    assert left_s == [60.0, 40.0]


def test_limits_leave_room() -> None:
    with pytest.raises(ValueError, match='0 retries or more'):
        PickLimits(retries=-1)
    with pytest.raises(ValueError, match='positive'):
        PickLimits(motion_timeout_s=0.0)


async def test_a_pixel_is_lifted_in_the_picture_that_its_stamp_names_or_not_at_all() -> None:
    frame = frame_of()
    for stamp_ns, reason in (
        (frame.stamp_ns, None), (frame.stamp_ns + 1, ObservationReason.STALE_IMAGE),
    ):  # fmt: skip
        picking = Picking(EyesDouble(frame), PointsDouble(Pointed(None)), lift, plan, ArmDouble())
        decision = await picking._decide(replace(CUP, stamp_ns=stamp_ns))
        assert decision.reason is reason
