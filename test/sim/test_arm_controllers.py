"""The controllers of the simulated arm: step by step, in simulated time."""

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip('mujoco')

from box_room import box_room

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.manipulation.trajectory_arm import JointMotion
from vlm_nav.sim.arm_controllers import (
    ArmController,
    GripEnd,
    GripperController,
    MotionEnd,
    check,
)
from vlm_nav.sim.robot.robot_arm import LIFT, SHOULDER, WRIST
from vlm_nav.sim.robot.robot_sizes import ArmPose, default_sizes
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings

STEP_S = 0.02
WIDEST_M = default_sizes().arm.gripper_range_m[1]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Give a robot in a room with nothing near its arm."""
    made = Simulator(box_room(), SimulatorSettings(64, 48), FloorPose(1.2, 0.0, 0.4))
    yield made
    made.close()


def motion(at_s: list[float], **joints: list[float]) -> JointMotion:
    """Return a motion of joints, by the names of robot_arm."""
    return JointMotion(tuple(joints), np.array(list(joints.values())).T, np.array(at_s))


def raised(at_s: float, to_rad: float = 0.5) -> JointMotion:
    return motion([at_s], **{LIFT: [0.9], SHOULDER: [to_rad], WRIST: [0.8]})


def until_end(simulator: Simulator, controller: ArmController, limit_s: float) -> MotionEnd:
    for _ in range(round(limit_s / STEP_S)):
        ended = controller.step()
        if ended is not None:
            return ended
        simulator.advance(STEP_S)
    raise AssertionError('it does not end')


def grip(simulator: Simulator, controller: GripperController, opening_m: float) -> GripEnd:
    controller.begin(opening_m)
    for _ in range(300):
        ended = controller.step()
        if ended is not None:
            return ended
        simulator.advance(STEP_S)
    raise AssertionError('it does not end')


def test_the_arm_passes_positions_at_their_times_and_ends_where_it_is_told(
    simulator: Simulator,
) -> None:
    controller = ArmController(simulator)
    before = simulator.arm()
    controller.begin(motion([1.0, 4.0], **{LIFT: [0.7, 1.0], SHOULDER: [-1.4, 0.2]}))
    while simulator.arm().lift_m < 0.69:
        assert controller.step() is None
        simulator.advance(STEP_S)
    # A joint that is driven lags behind what it is told.
    assert (simulator.time_ns - 1e9) / 1e9 == pytest.approx(1.0, abs=0.2)
    assert until_end(simulator, controller, 6.0) == MotionEnd(True)
    there = simulator.arm()
    assert (there.lift_m, there.shoulder_rad) == pytest.approx((1.0, 0.2), abs=3e-3)
    assert (simulator.time_ns - 1e9) / 1e9 == pytest.approx(4.0, abs=0.8)
    # What the motion does not name stays.
    assert there.wrist_rad == pytest.approx(before.wrist_rad, abs=5e-3)
    assert controller.step() is None


def test_an_arm_that_is_stopped_stands_within_a_fifth_of_a_second(simulator: Simulator) -> None:
    controller = ArmController(simulator)
    controller.begin(raised(2.0))
    for _ in range(50):
        controller.step()
        simulator.advance(STEP_S)
    before = simulator.base_from_grasp()
    simulator.advance(STEP_S)
    speed_m_s = np.linalg.norm((simulator.base_from_grasp() - before)[:3, 3]) / STEP_S
    assert speed_m_s > 0.2
    controller.stop()
    simulator.advance(0.2)
    stopped = simulator.base_from_grasp()
    simulator.advance(1.0)
    assert simulator.base_from_grasp() == pytest.approx(stopped, abs=5e-3)
    assert controller.step() is None


def test_a_motion_takes_the_place_of_the_one_before(simulator: Simulator) -> None:
    controller = ArmController(simulator)
    controller.begin(raised(5.0, 1.0))
    for _ in range(25):
        controller.step()
        simulator.advance(STEP_S)
    controller.begin(raised(2.0, -1.0))
    assert until_end(simulator, controller, 5.0).reached
    assert simulator.arm().shoulder_rad == pytest.approx(-1.0, abs=5e-3)


def test_an_end_that_no_joint_can_reach_is_told_with_the_joint(simulator: Simulator) -> None:
    controller = ArmController(simulator)
    controller.begin(motion([1.0], **{LIFT: [1.65]}))
    ended = until_end(simulator, controller, 5.0)
    assert not ended.reached
    assert ended.off.startswith(f'{LIFT} is off by 0.3')


@pytest.mark.parametrize(
    ('wrong', 'words'),
    [
        (motion([1.0], elbow=[0.1]), 'joints of robot_lift'),
        (JointMotion((), np.empty((1, 0)), np.array([1.0])), 'got none'),
        (JointMotion((LIFT, LIFT), np.zeros((1, 2)), np.array([1.0])), 'each once'),
        (JointMotion((LIFT,), np.empty((0, 1)), np.empty(0)), '1 moment or more'),
        (motion([1.0], **{LIFT: [np.nan]}), 'finite'),
        (motion([1.0, 1.0], **{LIFT: [0.6, 0.7]}), 'from less to more'),
        (motion([-1.0], **{LIFT: [0.6]}), 'from less to more'),
    ],
)
def test_a_motion_that_makes_no_sense_is_refused(wrong: JointMotion, words: str) -> None:
    with pytest.raises(InvalidValueError, match=words):
        check(wrong)


def test_what_is_refused_leaves_the_motion_under_way_as_it_is(simulator: Simulator) -> None:
    controller = ArmController(simulator)
    controller.begin(raised(1.0))
    with pytest.raises(InvalidValueError):
        controller.begin(motion([1.0], elbow=[0.1]))
    assert until_end(simulator, controller, 4.0).reached
    assert simulator.arm().shoulder_rad == pytest.approx(0.5, abs=5e-3)


def test_fingers_open_as_told_and_closed_on_nothing_they_say_so(simulator: Simulator) -> None:
    controller = GripperController(simulator, WIDEST_M)
    opened = grip(simulator, controller, 0.08)
    assert (opened.reached, opened.stalled) == (True, False)
    assert simulator.gripper() == pytest.approx(0.08, abs=2e-3)
    assert grip(simulator, controller, np.inf).opening_m == pytest.approx(WIDEST_M, abs=2e-3)
    closed = grip(simulator, controller, 0.0)
    assert (closed.reached, closed.stalled) == (True, False)
    for wrong in (-0.01, np.nan):
        with pytest.raises(InvalidValueError, match='0 m or more'):
            controller.begin(wrong)


class FingersDouble:
    """A double of fingers that go at once where they are told, unless a thing is in between."""

    def __init__(self) -> None:
        self.told_m = [WIDEST_M]
        self.thing_m = 0.05
        self.time_ns = 0

    def gripper(self) -> float:
        """Return how far they are apart."""
        return max(self.told_m[-1], self.thing_m)

    def set_gripper(self, opening_m: float) -> None:
        """Note it."""
        self.told_m.append(opening_m)

    def set_arm(self, pose: ArmPose) -> None:
        """Move nothing."""

    def arm(self) -> ArmPose:
        """Return any pose."""
        return default_sizes().arm.tucked


def test_fingers_that_hold_a_thing_press_on_when_they_are_closed_again() -> None:
    fingers = FingersDouble()
    controller = GripperController(fingers, WIDEST_M)
    assert closed_by(controller, fingers).stalled
    pressed_m = fingers.told_m[-1]
    assert pressed_m < fingers.thing_m - 0.01
    again = closed_by(controller, fingers)
    assert (again.stalled, again.opening_m) == (True, fingers.thing_m)
    assert max(fingers.told_m[fingers.told_m.index(pressed_m) :]) == pressed_m


def test_fingers_that_have_lost_a_thing_close_when_they_are_closed_again() -> None:
    fingers = FingersDouble()
    controller = GripperController(fingers, WIDEST_M)
    assert closed_by(controller, fingers).stalled
    fingers.thing_m = 0.0
    assert closed_by(controller, fingers).reached
    assert fingers.gripper() < 0.004


def closed_by(controller: GripperController, fingers: FingersDouble) -> GripEnd:
    controller.begin(0.0)
    for _ in range(200):
        ended = controller.step()
        if ended is not None:
            return ended
        fingers.time_ns += 20_000_000
    raise AssertionError('the fingers never came to an end')
