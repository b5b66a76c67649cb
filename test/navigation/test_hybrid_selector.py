"""Views while the thing is out of sight, the map while it is far away, and marks from near."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from floor_plans import two_rooms
from surround import room_sight
from synthetic import frame_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.imagination.proposing import Surroundings
from vlm_nav.imagination.view_synthesis import ReasonedAbsence
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.memory.costmap_ways import Place, ways_from
from vlm_nav.memory.floor_to_search import floor_to_search
from vlm_nav.memory.visited import Visit, VisitedPlaces
from vlm_nav.navigation.hybrid_selector import HybridSelector
from vlm_nav.navigation.imagine_selector import ImagineSelector
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.so_far import SoFar
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.vlm.doubles import AlwaysFirst, ScriptedModel, chosen
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Purpose, Question

# A straight drive to the thing would meet the wall beside the door.
DOOR_M = (1.9, 2.6)
THING = (6.5, 0.6)
FAR_DOOR_M = (3.2, 3.9)


class Given:
    """A proposer that proposes one pose ahead."""

    name = 'given'

    def __init__(self, x_m: float = 2.0) -> None:
        self._x_m = x_m

    def cannot(self, surroundings: Surroundings) -> str | None:
        return None

    def propose(self, surroundings: Surroundings, count: int) -> list[Viewpoint]:
        return [Viewpoint(FloorPose(self._x_m, 0.0, 0.0), 0)]


class Known:
    """A synthesis all of whose pictures are known."""

    async def imagine(
        self, frames: Sequence[RgbdFrame], viewpoints: Sequence[Viewpoint], deadline: Deadline
    ) -> list[ImaginedView | ReasonedAbsence]:
        known = np.ones(frames[0].rgb.shape[:2], dtype=np.bool_)
        return [
            ImaginedView('imagined', frames[0].rgb, known, None, one.pose) for one in viewpoints
        ]


class Sees(ScriptedModel):
    """A double that chooses the first view and says that the thing is seen there."""

    def reply(self, question: Question) -> str:
        return chosen(question.labels[:1], 'there', seen=question.purpose is Purpose.VIEW)


class Marks:
    """A selector that stands for PIVOT: whoever asks it is told so."""

    async def select(
        self, sight: Sight, instruction: str, deadline: Deadline, so_far: SoFar = SoFar()
    ) -> Decision:
        return Decision(DecisionOutcome.HOLD, instruction, detail='by marks', calls=2)


def hybrid(model: Model, **parts: Known) -> HybridSelector:
    return HybridSelector(ImagineSelector(model, Given(), **parts), Marks())


async def select(of: HybridSelector, sight: Sight, so_far: SoFar = SoFar()) -> Decision:
    return await of.select(sight, 'go to the chair', Deadline.after(20.0), so_far)


def in_two_rooms(
    here: Place = (1.0, 1.0),
    *visits: Visit,
    points_at_it: bool = True,
    thing: Place | None = THING,
    may_look_around: bool = False,
    door_m: tuple[float, float] = DOOR_M,
) -> tuple[Sight, SoFar]:
    """Return what is seen from a place of two rooms, and what is known of their map."""
    ways = ways_from(two_rooms(door_m), here)
    assert ways is not None
    visited = VisitedPlaces(visits=visits)
    so_far = SoFar(
        visited,
        to_search=floor_to_search(ways, visited, 2.5),
        points_at_it=points_at_it,
        thing=thing,
        may_look_around=may_look_around,
    )
    pose = transform_from_floor_pose(FloorPose(*here, 0.0))
    return Sight(frame_of(map_from_base=pose)), so_far


async def test_hybrid_chooses_by_marks_once_the_model_points_at_the_thing() -> None:
    out_of_sight = await select(hybrid(AlwaysFirst()), Sight(frame_of()))
    assert out_of_sight.outcome is DecisionOutcome.GOAL
    pointed = await select(hybrid(AlwaysFirst()), Sight(frame_of()), SoFar(points_at_it=True))
    assert (pointed.detail, pointed.calls) == ('by marks', 2)


async def test_hybrid_chooses_by_marks_where_the_thing_shows_in_what_is_seen_now() -> None:
    seen = await select(hybrid(Sees()), Sight(frame_of()))
    assert (seen.detail, seen.calls) == ('by marks', 5)
    imagined = hybrid(Sees(), synthesis=Known())
    assert (await select(imagined, Sight(frame_of()))).outcome is DecisionOutcome.GOAL


async def test_what_was_pointed_at_behind_a_wall_is_gone_to_by_the_way_of_the_map() -> None:
    decision = await select(hybrid(AlwaysFirst()), *in_two_rooms())
    goal = decision.waypoint
    assert goal is not None
    assert decision.calls == 0
    assert goal.x_m > 4.1
    assert 0.9 <= math.dist((goal.x_m, goal.y_m), THING) <= 2.5
    assert goal.yaw_rad == pytest.approx(math.atan2(THING[1] - goal.y_m, THING[0] - goal.x_m))


async def test_what_it_pointed_at_before_is_gone_to_though_it_is_out_of_sight_now() -> None:
    before = await select(hybrid(AlwaysFirst()), *in_two_rooms(points_at_it=False))
    assert before.waypoint is not None
    assert before.waypoint.x_m > 4.1
    # First it looks to all sides.
    sight, so_far = in_two_rooms(points_at_it=False, may_look_around=True)
    assert (await select(hybrid(AlwaysFirst()), sight, so_far)).outcome is DecisionOutcome.TURN
    all_sides = room_sight('front', 'left', 'back', 'right')
    assert (await select(hybrid(AlwaysFirst()), all_sides, so_far)).waypoint is not None


async def test_from_where_the_robot_stands_or_was_the_thing_is_not_looked_at_again() -> None:
    first = (await select(hybrid(AlwaysFirst()), *in_two_rooms())).waypoint
    assert first is not None
    was_there = in_two_rooms((1.0, 1.0), Visit(first.x_m, first.y_m))
    assert (await select(hybrid(AlwaysFirst()), *was_there)).detail == 'by marks'
    is_there = in_two_rooms((first.x_m, first.y_m))
    assert (await select(hybrid(AlwaysFirst()), *is_there)).detail == 'by marks'


async def test_where_nothing_was_pointed_at_or_only_a_long_way_leads_there_marks_decide() -> None:
    nothing = in_two_rooms(thing=None)
    assert (await select(hybrid(AlwaysFirst()), *nothing)).detail == 'by marks'
    long_way = in_two_rooms((3.6, 0.6), thing=(4.9, 0.6), door_m=FAR_DOOR_M)
    assert (await select(hybrid(AlwaysFirst()), *long_way)).detail == 'by marks'
    outside = in_two_rooms(thing=(20.0, 20.0))
    assert (await select(hybrid(AlwaysFirst()), *outside)).detail == 'by marks'


def with_a_view(x_m: float, stage_m: float) -> HybridSelector:
    """Return a selector that is shown one view, from a place ahead."""
    imagine = ImagineSelector(AlwaysFirst(), Given(x_m), synthesis=Known())
    return HybridSelector(imagine, Marks(), stage_m)


async def test_of_a_long_way_to_a_view_it_goes_a_part_and_chooses_anew_there() -> None:
    nothing = in_two_rooms(points_at_it=False, thing=None)
    whole = await select(with_a_view(2.5, 0.0), *nothing)
    assert whole.waypoint is not None
    assert whole.waypoint.x_m == pytest.approx(3.5)
    part = await select(with_a_view(2.5, 1.5), *nothing)
    assert part.waypoint is not None
    assert part.waypoint.x_m == pytest.approx(2.5, abs=0.1)
    assert part.waypoint.y_m == pytest.approx(1.0, abs=0.2)
    assert part.waypoint.yaw_rad == pytest.approx(0.0, abs=0.2)
    assert part.detail.startswith('1.5 m of the way to the view')
    near = await select(with_a_view(1.0, 1.5), *nothing)
    assert near.waypoint is not None
    assert near.waypoint.x_m == pytest.approx(2.0)


async def test_without_a_costmap_the_whole_way_to_a_view_is_gone() -> None:
    decision = await select(with_a_view(2.5, 1.5), Sight(frame_of()))
    assert decision.waypoint is not None
    assert decision.waypoint.x_m == pytest.approx(2.5)
