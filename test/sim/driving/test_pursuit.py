"""A path is followed as regulated pure pursuit does: turned to first, slower where it is tight."""

import math

import numpy as np
import pytest

pytest.importorskip('skimage')

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.driving.planning import length_m
from vlm_nav.sim.driving.pursuit import (
    STANDING,
    PursuitSettings,
    Velocity,
    eased,
    followed,
    moved_by,
    place_ahead,
    rest_of,
)

SETTINGS = PursuitSettings()
STRAIGHT = np.array([(0.1 * step, 0.0) for step in range(41)])


def test_on_a_straight_path_it_drives_straight_at_full_speed() -> None:
    assert followed(FloorPose(0.0, 0.0, 0.0), STRAIGHT) == Velocity(0.5, 0.0)


@pytest.mark.parametrize('yaw_rad', [1.0, -2.0, 3.1])
def test_who_looks_elsewhere_turns_on_the_spot_the_shorter_way_round(yaw_rad: float) -> None:
    velocity = followed(FloorPose(0.0, 0.0, yaw_rad), STRAIGHT)
    assert velocity.forward_m_s == 0.0
    assert velocity.turn_rad_s * yaw_rad < 0.0


@pytest.mark.parametrize('side_m', [0.1, -0.1])
def test_beside_the_path_it_steers_back_to_it(side_m: float) -> None:
    velocity = followed(FloorPose(0.0, side_m, 0.0), STRAIGHT)
    assert velocity.forward_m_s > 0.3
    assert velocity.turn_rad_s * side_m < 0.0


def test_it_is_slower_near_the_end_and_beside_things() -> None:
    whole = followed(FloorPose(0.0, 0.0, 0.0), STRAIGHT)
    ending = followed(FloorPose(3.7, 0.0, 0.0), STRAIGHT[37:])
    beside = followed(FloorPose(0.0, 0.0, 0.0), STRAIGHT, cost=80)
    assert ending.forward_m_s < whole.forward_m_s
    assert beside.forward_m_s < whole.forward_m_s


def test_no_turn_is_faster_than_allowed_and_its_arc_stays_the_same() -> None:
    bend = np.array([(0.0, 0.0), (0.1, 0.05), (0.15, 0.15)])
    pose = FloorPose(0.0, 0.0, 0.05)
    slow = followed(pose, bend, PursuitSettings(turn_rad_s=0.2))
    free = followed(pose, bend, PursuitSettings(turn_rad_s=50.0))
    assert abs(slow.turn_rad_s) <= 0.2 + 1e-9
    assert slow.turn_rad_s / slow.forward_m_s == pytest.approx(free.turn_rad_s / free.forward_m_s)


def test_at_the_very_end_it_stands() -> None:
    assert followed(FloorPose(4.0, 0.0, 0.0), STRAIGHT[[-1, -1]]) == STANDING


def test_what_is_left_of_a_path_begins_beside_the_robot() -> None:
    rest = rest_of(FloorPose(1.23, 0.2, 0.0), STRAIGHT)
    assert rest[0] == pytest.approx((1.23, 0.0))
    assert length_m(rest) == pytest.approx(2.77)
    assert place_ahead(rest, 0.5) == pytest.approx((1.73, 0.0))
    assert place_ahead(rest, 9.0) == pytest.approx((4.0, 0.0))


def test_a_path_that_comes_back_behind_a_wall_is_not_cut_short() -> None:
    """There and back, 0.3 m apart: the robot is nearer to the way back, which lies far ahead."""
    there = [(0.1 * step, 0.0) for step in range(31)]
    back = [(0.1 * step, 0.3) for step in range(30, -1, -1)]
    rest = rest_of(FloorPose(0.4, 0.2, 0.0), np.array(there + back))
    assert rest[0] == pytest.approx((0.4, 0.0))


def test_velocities_change_no_faster_than_the_accelerations_allow() -> None:
    first = eased(Velocity(0.5, -1.0), STANDING, 0.05, SETTINGS)
    assert first.forward_m_s == pytest.approx(0.125)
    assert first.turn_rad_s == pytest.approx(-0.16)
    assert eased(STANDING, Velocity(0.1, 0.1), 0.05, SETTINGS) == STANDING


def test_a_quarter_of_a_circle_ends_a_quarter_further() -> None:
    pose = FloorPose(0.0, 0.0, 0.0)
    for _ in range(1000):
        pose = moved_by(pose, Velocity(1.0, 1.0), math.pi / 2000)
    assert (pose.x_m, pose.y_m, pose.yaw_rad) == pytest.approx((1.0, 1.0, math.pi / 2), abs=1e-5)


@pytest.mark.parametrize('wrong', [0.0, -1.0, math.nan])
def test_speeds_that_make_no_sense_are_refused(wrong: float) -> None:
    with pytest.raises(InvalidValueError, match='above 0'):
        PursuitSettings(speed_m_s=wrong)
