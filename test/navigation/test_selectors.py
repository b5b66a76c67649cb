"""From a sight to a decision, and from a place before the base to a pose in the map."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import Box, frame_of

from vlm_nav.core.candidate import GroundAction, Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import AskingReason, ChoosingReason, DrivingReason, Refusal
from vlm_nav.geometry.poses import FloorPose, floor_pose_of, transform_from_floor_pose
from vlm_nav.memory.visited import VisitedPlaces
from vlm_nav.navigation.selectors import GroundReach, PivotSelector
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.so_far import SoFar
from vlm_nav.navigation.waypoint import Arrival, FinalHeading, waypoint_for
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.vlm.doubles import NearestToTarget, Refuser, SaysArrived, SaysNone
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.question import Question

TURNED = transform_from_floor_pose(FloorPose(10.0, -3.0, 2.0))
AHEAD = NearestToTarget(Pixel(80.0, 60.0))


async def select(selector: PivotSelector, sight: Sight) -> Decision:
    return await selector.select(sight, 'go ahead', Deadline.after(20.0))


@given(
    st.floats(0.3, 5.0),
    st.floats(-3.1, 3.1),
    st.floats(-50.0, 50.0),
    st.floats(-50.0, 50.0),
    st.floats(-3.1, 3.1),
)
def test_a_waypoint_lies_where_the_action_points_and_faces_away_from_the_start(
    range_m: float, bearing_rad: float, x_m: float, y_m: float, yaw_rad: float
) -> None:
    start = FloorPose(x_m, y_m, yaw_rad)
    frame = dataclasses.replace(frame_of(), map_from_base=transform_from_floor_pose(start))
    waypoint = waypoint_for(GroundAction(range_m, bearing_rad), frame)
    assert (waypoint.frame_id, waypoint.stamp_ns) == ('map', 7)
    heading = yaw_rad + bearing_rad
    assert waypoint.x_m == pytest.approx(x_m + range_m * math.cos(heading), abs=1e-6)
    assert waypoint.y_m == pytest.approx(y_m + range_m * math.sin(heading), abs=1e-6)
    assert math.cos(waypoint.yaw_rad - heading) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ('heading', 'yaw_rad'),
    [(FinalHeading.ONWARD, 2.3), (FinalHeading.KEEP, 2.0), (FinalHeading.BACK, 2.3 - math.pi)],
)
@pytest.mark.parametrize(
    ('stand_off_m', 'range_m'), [(0.0, 2.0), (0.5, 1.5), (2.0, 0.0), (3.0, 0.0)]
)
def test_the_robot_arrives_as_far_before_the_place_and_looking_as_it_is_told(
    heading: FinalHeading, yaw_rad: float, stand_off_m: float, range_m: float
) -> None:
    frame = frame_of(map_from_base=TURNED)
    waypoint = waypoint_for(GroundAction(2.0, 0.3), frame, Arrival(stand_off_m, heading))
    assert waypoint.x_m == pytest.approx(10.0 + range_m * math.cos(2.3))
    assert waypoint.y_m == pytest.approx(-3.0 + range_m * math.sin(2.3))
    assert waypoint.yaw_rad == pytest.approx(yaw_rad)


@pytest.mark.parametrize('wrong', [-0.1, math.inf, math.nan])
def test_a_stand_off_that_is_no_distance_is_refused(wrong: float) -> None:
    with pytest.raises(InvalidValueError):
        Arrival(wrong)


async def test_a_selector_stands_off_from_what_it_chose() -> None:
    sight = Sight(frame_of(map_from_base=TURNED))
    there = (await select(PivotSelector(AHEAD), sight)).waypoint
    arrival = Arrival(0.4, FinalHeading.BACK)
    before = (await select(PivotSelector(AHEAD, arrival=arrival), sight)).waypoint
    assert there is not None
    assert before is not None
    assert math.hypot(there.x_m - before.x_m, there.y_m - before.y_m) == pytest.approx(0.4)
    assert math.cos(there.yaw_rad - before.yaw_rad) == pytest.approx(-1.0)


async def test_a_choice_becomes_a_goal_in_the_map() -> None:
    frame = frame_of(map_from_base=TURNED)
    decision = await select(PivotSelector(AHEAD), Sight(frame))
    assert decision.outcome is DecisionOutcome.GOAL
    assert decision.waypoint is not None
    start = floor_pose_of(TURNED)
    away = (decision.waypoint.x_m - start.x_m, decision.waypoint.y_m - start.y_m)
    assert 0.5 <= math.hypot(*away) <= 4.0
    assert decision.waypoint.yaw_rad == pytest.approx(math.atan2(away[1], away[0]))
    assert decision.waypoint.yaw_rad == pytest.approx(2.0, abs=0.3)
    assert decision.confidence is not None
    assert decision.labels
    assert decision.calls >= 3
    assert decision.reason is None


async def test_the_same_seed_decides_the_same() -> None:
    sight = Sight(frame_of([Box((2.5, 2.7), (-0.2, 0.2))]))
    first = await select(PivotSelector(AHEAD, seed=3), sight)
    assert first == await select(PivotSelector(AHEAD, seed=3), sight)
    told: list[object] = []
    assert first == await select(PivotSelector(AHEAD, seed=3, listeners=(told.append,)), sight)
    assert told


async def test_the_reach_bounds_the_goal() -> None:
    selector = PivotSelector(AHEAD, reach=GroundReach(1.0, 1.6))
    decision = await select(selector, Sight(frame_of()))
    assert decision.waypoint is not None
    assert 1.0 <= math.hypot(decision.waypoint.x_m, decision.waypoint.y_m) <= 1.6


async def test_arrived_and_none_and_refusal_hold_the_robot() -> None:
    sight = Sight(frame_of())
    arrived = await select(PivotSelector(SaysArrived()), sight)
    assert (arrived.outcome, arrived.waypoint) == (DecisionOutcome.ARRIVED, None)
    none = await select(PivotSelector(SaysNone()), sight)
    assert (none.outcome, none.reason) == (DecisionOutcome.HOLD, ChoosingReason.NONE_FITS)
    refused = await select(PivotSelector(Refuser()), sight)
    assert (refused.outcome, refused.reason) == (DecisionOutcome.HOLD, AskingReason.VLM_REFUSED)
    assert refused.waypoint is None


async def test_a_wall_before_the_robot_blocks_all_candidates() -> None:
    wall = Box((0.6, 0.7), (-3.0, 3.0))
    decision = await select(PivotSelector(AHEAD), Sight(frame_of([wall])))
    assert decision.outcome is DecisionOutcome.HOLD
    assert decision.reason is ChoosingReason.ALL_CANDIDATES_BLOCKED
    assert decision.calls == 0


async def test_without_depth_and_costmap_there_is_no_valid_costmap() -> None:
    blind = dataclasses.replace(frame_of(), depth_m=None)
    with pytest.raises(Refusal) as caught:
        await select(PivotSelector(AHEAD), Sight(blind))
    assert caught.value.reason is DrivingReason.NO_VALID_COSTMAP
    assert 'costmap' in caught.value.detail


async def test_without_depth_a_costmap_is_enough() -> None:
    blind = dataclasses.replace(frame_of(), depth_m=None)
    free = Costmap(np.zeros((100, 100), dtype=np.int8), 0.1, FloorPose(-5, -5, 0), 'map', 0)
    sight = Sight(blind, (CostmapView(free, np.eye(4)),))
    decision = await select(PivotSelector(AHEAD, PivotSettings(rounds=1, runs=1)), sight)
    assert decision.outcome is DecisionOutcome.GOAL
    assert decision.confidence is None


async def test_marks_that_lead_to_visited_places_are_named_in_the_question() -> None:
    asked: list[Question] = []

    def listen(event: Event) -> None:
        if isinstance(event, Asked):
            asked.append(event.question)

    frame = frame_of(map_from_base=TURNED)
    visited = VisitedPlaces(100.0).seen_from([frame])
    selector = PivotSelector(AHEAD, PivotSettings(rounds=1, runs=1), listeners=(listen,))
    deadline = Deadline.after(20.0)
    await selector.select(Sight(frame), 'go', deadline, SoFar(visited))
    await selector.select(Sight(frame), 'go', deadline, SoFar(may_answer_arrived=False))
    first, second = asked
    assert set(first.visited) <= set(first.labels)
    assert len(first.visited) > len(first.labels) / 2
    assert any('was there or near before' in line for line in first.evidence)
    assert second.visited == ()
    assert (first.may_answer_arrived, second.may_answer_arrived) == (True, False)


async def test_a_decision_names_the_places_that_could_have_been_chosen() -> None:
    frame = frame_of(map_from_base=TURNED)
    selector = PivotSelector(SaysNone(), PivotSettings(rounds=1, runs=2, samples=5))
    decision = await select(selector, Sight(frame))
    assert 5 <= len(decision.offered) <= 10
    start = floor_pose_of(TURNED)
    for waypoint in decision.offered:
        away_m = math.hypot(waypoint.x_m - start.x_m, waypoint.y_m - start.y_m)
        assert 0.5 <= away_m <= 4.0
