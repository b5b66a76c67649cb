"""Putting down: what the hand holds, and where it lets go of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from hands import ArmDouble, EyesDouble, grasp_at, lifted_at, plan_of
from table_scene import TABLE_M, TableBox, pixel_of, table_frame

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.reasons import HandReason, ObservationReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.events import PickDecision, PickEnd, PickEnded, PickTask
from vlm_nav.manipulation.grasp_plan import GraspPlan, Place
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.in_words import (
    pick_decision_json,
    pick_decision_words,
    pick_end_json,
    pick_end_words,
)
from vlm_nav.manipulation.lift_points import LiftSettings
from vlm_nav.manipulation.lifted import Refused
from vlm_nav.manipulation.picking import Picking
from vlm_nav.manipulation.placing import Held, Holding, PlaceStep, held_after
from vlm_nav.manipulation.steps import LiftStep

DONE = ArmOutcome(True, None, 'done')
FAILED = ArmOutcome(False, HandReason.ARM_ABORTED, 'not done')
CUP = PickTask('the cup', Pixel(30.0, 20.0))
THERE = PickTask('beside the box', Pixel(30.0, 20.0), place=True)
BOX = TableBox(0.75, 0.0, (0.06, 0.06, 0.1))


def picked() -> PickDecision:
    return PickDecision(CUP, lifted=lifted_at(Pixel(30.0, 20.0)), grasp=grasp_at())


def held() -> Held:
    found = held_after(picked())
    assert found is not None
    return found


def step(held: Held | None, arm: Any = None) -> PlaceStep:
    holding = Holding()
    holding.held = held
    return PlaceStep(LiftStep(LiftSettings(), lambda: 10_000_000_000), holding, arm or ArmDouble())


def place_at(x_m: float, y_m: float, *, held_now: Held | None = None, arm: Any = None) -> Any:
    """Return where what is held is put near a place of the table with the box on it."""
    frame = table_frame(BOX)
    return step(held_now or held(), arm)(frame, pixel_of(frame, x_m, y_m, 0.0))


def test_what_is_held_reaches_as_far_below_the_tips_as_its_foot_was() -> None:
    # The box around it was 0.1 m high about its middle at 0.3 m, where the tips were.
    assert held().below_tips_m == pytest.approx(0.05)
    assert held().radius_m == pytest.approx(0.06 / np.sqrt(2.0))
    assert held_after(PickDecision(CUP)) is None


def test_the_hand_holds_what_it_picked_until_it_is_put_down() -> None:
    holding, there = Holding(), PickDecision(THERE)
    for decision, outcome, holds in (
        (picked(), None, False),
        (picked(), DONE, True),
        (there, None, True),
        (there, FAILED, True),
        (there, DONE, False),
        (picked(), DONE, True),
        # Nobody has opened the fingers: it was not released, or cancelled while it was asked.
        (picked(), FAILED, True),
    ):
        holding(PickEnded(PickEnd(decision, outcome)))
        assert (holding.held is not None) is holds
    assert holding.free() is not None
    assert holding.emptied()
    holding(PickEnded(PickEnd(there, FAILED)))
    assert (holding.held, holding.free(), holding.emptied()) == (None, None, False)


def test_it_is_put_on_the_free_table_near_the_pixel_as_upright_as_it_stood() -> None:
    place = place_at(0.7, 0.12)
    assert isinstance(place, Place)
    x_m, y_m, z_m = place.base_from_place[:3, 3]
    assert np.hypot(x_m - 0.7, y_m - 0.12) < 0.08
    # It is let go a little above the table, and comes from above.
    assert z_m == pytest.approx(TABLE_M + 0.05 + 0.005, abs=2e-3)
    assert place.base_from_preplace[2, 3] > z_m + 0.05
    assert place.base_from_place[2, :3] == pytest.approx(held().base_from_hand[2])


def test_it_is_not_put_onto_what_stands_there() -> None:
    place = place_at(0.69, 0.0)
    assert isinstance(place, Place)
    away_m = np.abs(place.base_from_place[:2, 3] - (BOX.x_m, BOX.y_m)).max()
    assert away_m > 0.03 + held().radius_m


def test_the_hand_is_turned_about_the_upright_until_the_arm_reaches() -> None:
    class TurnedArm(ArmDouble):
        def reachable(self, base_from_grasp: FloatArray) -> HandReason | None:
            """Reach only what closes along x."""
            return None if abs(base_from_grasp[0, 1]) > 0.9 else HandReason.UNREACHABLE

    place = place_at(0.7, 0.12, arm=TurnedArm())
    assert isinstance(place, Place)
    assert abs(place.base_from_place[0, 1]) > 0.9
    assert place.base_from_place[2, :3] == pytest.approx(held().base_from_hand[2])


def test_where_there_is_no_room_or_no_reach_the_reason_says_so() -> None:
    class ShortArm(ArmDouble):
        def reachable(self, base_from_grasp: FloatArray) -> HandReason | None:
            """Reach nothing."""
            return HandReason.UNREACHABLE

    wide = place_at(0.7, 0.12, held_now=replace(held(), radius_m=0.5))
    assert isinstance(wide, Refused)
    assert wide.reason is HandReason.NO_FLAT_SPOT
    far = place_at(0.7, 0.12, arm=ShortArm())
    assert isinstance(far, Refused)
    assert far.reason is HandReason.UNREACHABLE
    frame = table_frame(BOX)
    workspace = GraspSettings(workspace_high_m=(0.3, 2.0, 2.5))
    outside = replace(step(held()), grasp=workspace)(frame, pixel_of(frame, 0.7, 0.12, 0.0))
    assert isinstance(outside, Refused)
    assert outside.reason is HandReason.OUTSIDE_WORKSPACE
    blind = step(held())(replace(frame, depth_m=None), Pixel(30.0, 20.0))
    assert isinstance(blind, Refused)
    assert blind.reason is ObservationReason.NO_DEPTH
    nothing = step(None)(frame, pixel_of(frame, 0.7, 0.12, 0.0))
    assert isinstance(nothing, Refused)
    assert nothing.reason is HandReason.HOLDS_NOTHING


class TablePut:
    """A double that finds one place, where something is held."""

    def __init__(self, *, holds: bool) -> None:
        self.refused = None if holds else Refused(HandReason.HOLDS_NOTHING, 'nothing')
        above = grasp_at().base_from_pregrasp
        self.place = Place(grasp_at().base_from_grasp, above, np.zeros(3), 0.1, 1.0)

    def ready(self) -> Refused | None:
        """Return why not."""
        return self.refused

    def __call__(self, frame: Any, pixel: Pixel) -> Place | Refused:
        """Return the place."""
        return self.place


def putting(arm: ArmDouble, put: TablePut | None) -> Picking:
    nobody: Any = None
    return Picking(EyesDouble(), nobody, nobody, nobody, arm, put=put)


async def test_a_place_leads_to_a_motion_of_the_arm_and_is_told() -> None:
    arm, put = ArmDouble(), TablePut(holds=True)
    end = await putting(arm, put).carry_out(THERE)
    assert (arm.picked, arm.placed, end.reason) == ([], [put.place], None)
    told = json.loads(pick_decision_json(end.decision))
    assert (told['outcome'], told['place']['position_m']) == ('place', [0.4, 0.0, 0.3])
    assert json.loads(pick_end_json(end))['placed'] is True
    assert 'put down at (0.400' in pick_decision_words(end.decision)
    assert 'put down: placed' in pick_end_words(end)


@pytest.mark.parametrize('put', [TablePut(holds=False), None])
async def test_a_hand_that_holds_nothing_puts_nothing_down(put: TablePut | None) -> None:
    arm = ArmDouble()
    end = await putting(arm, put).carry_out(THERE)
    assert (end.reason, arm.placed) == (HandReason.HOLDS_NOTHING, [])
    assert json.loads(pick_decision_json(end.decision))['outcome'] == 'hold'


def test_what_the_fingers_closed_on_is_held_even_if_the_pick_went_no_further() -> None:
    holding, failed = Holding(), PickEnded(PickEnd(picked(), FAILED))
    for gripped, holds in ((False, False), (True, True), (False, False)):
        holding.gripped(gripped)
        holding(failed)
        assert (holding.held is not None) is holds
    holding.gripped(True)
    holding(failed)
    # A place that ends before the hand has opened, and one after it.
    holding(PickEnded(PickEnd(PickDecision(THERE), FAILED)))
    assert holding.held is not None
    holding.gripped(False)
    holding(PickEnded(PickEnd(PickDecision(THERE), FAILED)))
    assert holding.held is None


async def test_a_hand_that_holds_something_picks_nothing_until_it_is_empty() -> None:
    holding, arm = Holding(), ArmDouble()
    arm.may_end.set()
    hand = Picking(
        EyesDouble(),
        points=cast('Any', None),
        lift=lambda frame, pixel: lifted_at(pixel),
        plan=lambda frame, lifted: plan_of(grasp_at()),
        arm=arm,
        listeners=(holding,),
        free=holding.free,
    )
    assert (await hand.carry_out(CUP)).reason is None
    end = await hand.carry_out(CUP)
    assert (end.reason, end.outcome, len(arm.picked)) == (HandReason.HOLDS_SOMETHING, None, 1)
    holding.emptied()
    assert (await hand.carry_out(CUP)).reason is None


def test_a_plan_to_grasp_is_no_place() -> None:
    decision = replace(picked(), plan=GraspPlan())
    assert json.loads(pick_decision_json(decision))['outcome'] == 'pick'
    assert json.loads(pick_decision_json(decision))['place'] is None
