"""An arm by its description: from poses of the gripper to motions of its joints."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from arm_urdf import JOINTS, arm_urdf
from hands import grasp_at

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.grasp_plan import Place
from vlm_nav.manipulation.joint_solving import DescriptionError, JointSolver
from vlm_nav.manipulation.trajectory_arm import (
    JointMotion,
    TipAxes,
    TrajectoryArm,
    TrajectorySettings,
)

pytest.importorskip('pinocchio')
SETTINGS = TrajectorySettings(tip_axes=TipAxes.Z_APPROACH, tip_to_fingers_m=0.02)
HOME = np.array((0.0, 0.3, 1.2, 0.0, 1.2, 0.0))
DONE = ArmOutcome(True, None, '')


@pytest.fixture(scope='module')
def solver() -> JointSolver:
    """Give the solver of the small arm."""
    return JointSolver(arm_urdf(), 'base_link', 'tool')


class FollowerDouble:
    """A double that notes what it is to follow; `fails_at` is the step that it refuses."""

    def __init__(self, fails_at: int = -1) -> None:
        self.steps: list[JointMotion | float] = []
        self.fails_at = fails_at
        self.stopped = 0
        self.empty = False
        self.loses_at = -1

    def holds_nothing(self) -> bool:
        """Return whether it is to be empty, or has lost what it held."""
        return self.empty or len(self.steps) - 1 == self.loses_at

    async def follow(self, motion: JointMotion, deadline: Deadline) -> ArmOutcome:
        """Note the motion."""
        return self._note(motion)

    async def grip(self, opening_m: float, deadline: Deadline) -> ArmOutcome:
        """Note the opening."""
        return self._note(opening_m)

    async def stop(self) -> None:
        """Note it."""
        self.stopped += 1

    def _note(self, step: JointMotion | float) -> ArmOutcome:
        self.steps.append(step)
        failed = len(self.steps) - 1 == self.fails_at
        return ArmOutcome(False, HandReason.ARM_ABORTED, 'no') if failed else DONE


def arm_with(
    solver: JointSolver | None, follower: FollowerDouble, **changes: float
) -> TrajectoryArm:
    return TrajectoryArm(lambda: solver, lambda _: HOME, follower, replace(SETTINGS, **changes))


def fingers_at(solver: JointSolver, joints: FloatArray) -> FloatArray:
    tip = solver.tip_at(joints)
    place: FloatArray = tip[:3, 3] + SETTINGS.tip_to_fingers_m * tip[:3, 2]
    return place


def test_the_joints_are_those_between_base_and_tip_and_reach_the_pose(
    solver: JointSolver,
) -> None:
    assert solver.joint_names == JOINTS
    wanted = solver.tip_at(np.array((0.5, 0.6, 0.9, -0.4, 1.0, 0.7)))
    found = solver.solve(wanted, HOME)
    assert found is not None
    assert np.abs(solver.tip_at(found) - wanted).max() < 6e-3
    assert np.abs((solver.tip_at(found) - wanted)[:3, 3]).max() < 1e-3


def test_a_pick_goes_before_the_thing_straight_onto_it_closes_lifts_and_asks_what_it_holds(
    solver: JointSolver,
) -> None:
    follower, grasp = FollowerDouble(), grasp_at(0.4, 0.1, 0.2)
    outcome = asyncio.run(arm_with(solver, follower).pick(grasp, Deadline.after(30.0)))
    assert outcome.done
    opened, towards, onto, closed, up, asked = follower.steps
    assert (opened, closed, asked) == (grasp.opening_m, 0.0, 0.0)
    ends = [fingers_at(solver, step.positions[-1]) for step in (towards, onto, up)]  # type: ignore[union-attr]
    for end, z_m in zip(ends, (0.3, 0.2, 0.35), strict=True):
        assert end == pytest.approx((0.4, 0.1, z_m), abs=2e-3)
    assert isinstance(onto, JointMotion)
    way = np.array([fingers_at(solver, joints) for joints in onto.positions])
    assert np.abs(way[:, :2] - (0.4, 0.1)).max() < 2e-3
    assert (np.diff(way[:, 2]) < 0.0).all()
    assert (np.diff(onto.at_s) > 0.0).all()
    # The fingers come from above, along the tip's z.
    assert solver.tip_at(onto.positions[-1])[2, 2] == pytest.approx(-1.0, abs=1e-3)


def test_a_hand_goes_up_over_and_straight_down_before_the_thing(solver: JointSolver) -> None:
    follower, grasp = FollowerDouble(), grasp_at(0.4, 0.1, 0.15)
    home = solver.tip_at(HOME)
    height_m = float(home[2, 3]) + 0.05
    arm = arm_with(solver, follower, travel_height_m=height_m)
    assert asyncio.run(arm.pick(grasp, Deadline.after(30.0))).done
    up, over, down = (step for step in follower.steps[1:4] if isinstance(step, JointMotion))
    risen, above = (solver.tip_at(step.positions[-1]) for step in (up, over))
    assert risen[:3, 3] == pytest.approx((*home[:2, 3], height_m), abs=2e-3)
    assert above[2, 3] == pytest.approx(height_m, abs=2e-3)
    way = np.array([fingers_at(solver, joints) for joints in down.positions])
    assert np.abs(way[:, :2] - (0.4, 0.1)).max() < 2e-3
    assert way[-1] == pytest.approx((0.4, 0.1, 0.25), abs=2e-3)
    assert (np.diff(way[:, 2]) < 0.0).all()


def test_a_hand_that_cannot_go_up_to_where_it_travels_does_not_move(solver: JointSolver) -> None:
    follower = FollowerDouble()
    arm = arm_with(solver, follower, travel_height_m=3.0)
    outcome = asyncio.run(arm.pick(grasp_at(), Deadline.after(30.0)))
    assert (outcome.reason, follower.steps) == (HandReason.UNREACHABLE, [])


def test_a_pose_at_which_a_link_touches_what_stands_there_is_in_collision(
    solver: JointSolver,
) -> None:
    arm, pose = arm_with(solver, FollowerDouble(), arm_radius_m=0.04), grasp_at().base_from_grasp
    joints = solver.solve(SETTINGS.base_from_tip(pose), HOME)
    assert joints is not None
    places = solver.places_at(joints)
    assert places[-1] == pytest.approx(solver.tip_at(joints)[:3, 3], abs=0.3)
    elbow = (places[1] + places[2]) / 2.0 + np.linspace(0.0, 0.002, 5)[:, None]
    assert arm.reachable(pose, elbow) is HandReason.IN_COLLISION
    assert arm.reachable(pose, elbow + np.array((0.0, 0.5, 0.0))) is None


def test_no_joint_turns_faster_than_it_may(solver: JointSolver) -> None:
    follower = FollowerDouble()
    asyncio.run(arm_with(solver, follower).pick(grasp_at(0.3, -0.2, 0.2), Deadline.after(30.0)))
    at = HOME
    for step in follower.steps:
        if isinstance(step, JointMotion):
            turned = np.abs(np.diff(np.vstack([at, step.positions]), axis=0)).max(axis=1)
            assert (turned <= 0.5 * np.diff(step.at_s, prepend=0.0) + 1e-9).all()
            at = step.positions[-1]


def test_a_place_goes_down_opens_and_draws_back(solver: JointSolver) -> None:
    follower, grasp = FollowerDouble(), grasp_at(0.4, 0.1, 0.2)
    place = Place(grasp.base_from_grasp, grasp.base_from_pregrasp, np.zeros(3), 0.1, 1.0)
    outcome = asyncio.run(arm_with(solver, follower).place(place, Deadline.after(30.0)))
    assert outcome.done
    kinds = [type(step).__name__ for step in follower.steps]
    assert kinds == ['JointMotion', 'JointMotion', 'float', 'JointMotion']


@pytest.mark.parametrize('fails_at', [0, 1, 3])
def test_after_a_step_that_failed_nothing_more_is_moved(
    solver: JointSolver, fails_at: int
) -> None:
    follower = FollowerDouble(fails_at)
    outcome = asyncio.run(arm_with(solver, follower).pick(grasp_at(), Deadline.after(30.0)))
    assert (outcome.reason, outcome.no_way) == (HandReason.ARM_ABORTED, None)
    assert len(follower.steps) == fails_at + 1


def test_fingers_that_meet_nothing_lift_nothing(solver: JointSolver) -> None:
    follower = FollowerDouble()
    follower.empty = True
    outcome = asyncio.run(arm_with(solver, follower).pick(grasp_at(), Deadline.after(30.0)))
    assert outcome.reason is HandReason.GRASP_LOST
    assert len(follower.steps) == 4


def test_what_slips_out_on_the_way_up_is_no_pick(solver: JointSolver) -> None:
    follower = FollowerDouble()
    follower.loses_at = 5
    outcome = asyncio.run(arm_with(solver, follower).pick(grasp_at(), Deadline.after(30.0)))
    assert (outcome.done, outcome.reason) == (False, HandReason.GRASP_LOST)
    assert 'after the lift' in outcome.detail


def test_what_is_out_of_reach_is_refused_before_anything_moves(solver: JointSolver) -> None:
    follower, far = FollowerDouble(), grasp_at(2.0, 0.0, 0.3)
    arm = arm_with(solver, follower)
    assert arm.reachable(far.base_from_grasp) is HandReason.UNREACHABLE
    assert arm.reachable(grasp_at().base_from_grasp) is None
    outcome = asyncio.run(arm.pick(far, Deadline.after(30.0)))
    assert (outcome.reason, follower.steps) == (HandReason.UNREACHABLE, [])
    assert outcome.no_way is HandReason.UNREACHABLE


def test_without_a_description_nothing_moves() -> None:
    follower = FollowerDouble()
    arm = arm_with(None, follower)
    outcome = asyncio.run(arm.pick(grasp_at(), Deadline.after(30.0)))
    assert (outcome.reason, follower.steps) == (HandReason.ARM_SILENT, [])
    assert arm.reachable(grasp_at().base_from_grasp) is HandReason.ARM_SILENT
    asyncio.run(arm.stop())
    assert follower.stopped == 1


def test_joints_that_are_not_told_are_not_guessed(solver: JointSolver) -> None:
    told = dict.fromkeys(JOINTS, 0.1)
    assert solver.joints_from({**told, 'wheel_joint': 9.0}) == pytest.approx(np.full(6, 0.1))
    del told['elbow']
    assert solver.joints_from(told) is None


@pytest.mark.parametrize(
    ('urdf', 'base', 'tip'),
    [('<robot', 'base_link', 'tool'), (arm_urdf(), 'base_link', 'hand'),
     (arm_urdf(), 'tool', 'tool'),
     (arm_urdf().replace('lower="-', 'lower="9'), 'base_link', 'tool')],
)  # fmt: skip
def test_a_description_without_such_an_arm_is_refused(urdf: str, base: str, tip: str) -> None:
    with pytest.raises(DescriptionError):
        JointSolver(urdf, base, tip)
