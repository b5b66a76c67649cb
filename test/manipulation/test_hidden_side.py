"""The far side of a thing: what its near side hides is taken for the same, what is seen is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from table_scene import TABLE_M, TableBox, pixel_of, table_frame

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.grasp import grasps
from vlm_nav.manipulation.grasp_plan import Approach, GraspPlan
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.hidden_side import with_hidden_side
from vlm_nav.manipulation.lift import lift
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.manipulation.outliers import thinned
from vlm_nav.manipulation.steps import PlanStep
from vlm_nav.observation.rgbd_frame import RgbdFrame

BOX = TableBox(0.7, 0.0, (0.06, 0.06, 0.18))
WIDE = GripperSizes(opening_m=0.12, finger_length_m=0.075)
FROM_ABOVE = GraspSettings((Approach.TOP_DOWN,), depth_m=0.055, room_m=0.03)


def lifted_of(frame: RgbdFrame, box: TableBox) -> Lifted:
    front_x_m = box.x_m - box.size_m[0] / 2.0
    found = lift(frame, pixel_of(frame, front_x_m, box.y_m, 0.6 * box.size_m[2]))
    assert isinstance(found, Lifted), found
    return found


def low_points(lifted: Lifted) -> FloatArray:
    points = lifted.extent.points_base
    return points[points[:, 2] < TABLE_M + 0.15]


def test_the_back_of_a_box_stands_where_its_front_says() -> None:
    frame = table_frame(BOX)
    lifted = lifted_of(frame, BOX)
    assert low_points(lifted)[:, 0].max() < 0.69
    whole = with_hidden_side(frame, lifted)
    assert low_points(whole)[:, 0].max() == pytest.approx(0.73, abs=0.004)
    # Its top is seen: nothing is hidden there.
    added = whole.extent.points_base[len(thinned(lifted.extent.points_base, 1500)) :]
    assert added[:, 2].max() < TABLE_M + 0.175
    assert (whole.extent.box, whole.extent.mask.sum()) == (
        lifted.extent.box,
        lifted.extent.mask.sum(),
    )


def test_a_thing_whose_other_side_is_seen_to_be_missing_stays_as_it_is() -> None:
    frame = table_frame(BOX)
    lifted = lifted_of(frame, BOX)
    # Turned about a place beside it, it would stand there in plain sight.
    beside = replace(lifted.extent.box, centre_base=np.array((0.7, 0.06, TABLE_M + 0.09)))
    bent = replace(lifted, extent=replace(lifted.extent, box=beside))
    assert with_hidden_side(frame, bent) is bent


def test_without_depth_what_was_lifted_stays_as_it_is() -> None:
    frame = table_frame(BOX)
    lifted = lifted_of(frame, BOX)
    assert with_hidden_side(replace(frame, depth_m=None), lifted) is lifted


def planned(frame: RgbdFrame, lifted: Lifted) -> GraspPlan:
    return PlanStep(WIDE, FROM_ABOVE)(frame, lifted)


def test_a_thing_of_which_two_sides_are_seen_is_held_across_its_middle() -> None:
    frame = table_frame(BOX)
    lifted = lifted_of(frame, BOX)
    # Of a box that stands cornerwise the fingers would else close on the near half.
    points = lifted.extent.points_base
    near = replace(lifted.extent, points_base=points[points[:, 2] < TABLE_M + 0.175])
    best = planned(frame, replace(lifted, extent=near)).best
    assert best is not None
    assert best.base_from_grasp[:2, 3] == pytest.approx((0.7, 0.0), abs=0.006)
    assert best.width_m == pytest.approx(0.06, abs=0.006)


def test_tips_go_hardly_lower_than_the_thing_is_seen_whatever_is_known_beside_it() -> None:
    low = TableBox(0.7, 0.0, (0.07, 0.107, 0.04))
    lifted = lifted_of(table_frame(low), low)
    plan = grasps(lifted, np.empty((0, 3)), WIDE, FROM_ABOVE)
    assert plan.ranked
    foot_m = lifted.extent.points_base[:, 2].min()
    assert min(grasp.base_from_grasp[2, 3] for grasp in plan.ranked) > foot_m - 0.006
