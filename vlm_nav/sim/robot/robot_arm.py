"""The robot's arm: a carriage on the mast, a shoulder, a telescope, a wrist and a gripper.

The wrist's three axes meet in one point: it turns aside, then down, then about its own length.
"""

from __future__ import annotations

import mujoco

from vlm_nav.sim.robot.robot_parts import (
    DARK,
    RED,
    Joint,
    add_ball,
    add_box,
    add_jointed_body,
)
from vlm_nav.sim.robot.robot_sizes import ArmSizes, MastSizes

LIFT, SHOULDER = 'robot_lift', 'robot_shoulder'
WRIST_YAW, WRIST, WRIST_ROLL = 'robot_wrist_yaw', 'robot_wrist', 'robot_wrist_roll'
FINGERS = ('robot_left_finger', 'robot_right_finger')
GRASP = 'robot_grasp'
"""The site between the finger tips; the other names are those of joints and actuators."""

_HUB_RADIUS_M = 0.018
# How much of the column stays in the mast.
_OVERLAP_M = 0.01
_FINGER_HALF_M = 0.006
_FRICTION = (2.0, 0.05, 0.001)


def telescope_names(sizes: ArmSizes) -> tuple[str, ...]:
    """Return the joints of the telescope, the one nearest to the shoulder first."""
    return tuple(f'robot_telescope_{number + 1}' for number in range(sizes.segments))


def add_arm(spec: mujoco.MjSpec, base: mujoco.MjsBody, sizes: ArmSizes, mast: MastSizes) -> None:
    """Add the arm to the base; at height 0 its carriage stands on the floor."""
    shoulder_place, mast_place_m = (*sizes.shoulder_place_m, 0.0), (*mast.place_m, 0.0)
    lift = Joint(LIFT, False, (0.0, 0.0, 1.0), sizes.lift_range_m, 8000.0, 600.0, 400.0)
    carriage = add_jointed_body(spec, base, mast_place_m, lift)
    ahead_m = shoulder_place[0] - mast_place_m[0]
    aside_m = shoulder_place[1] - mast_place_m[1]
    half = (ahead_m / 2 + 0.02, aside_m / 2 + 0.02, 0.02)
    add_box(carriage, (ahead_m / 2, aside_m / 2, -0.045), half, mass_kg=0.8, color=DARK)
    _add_column(carriage, sizes.lift_range_m[1] - mast.high_m, mast.side_m)
    turn = Joint(SHOULDER, True, (0.0, 0.0, 1.0), sizes.shoulder_range_rad, 40.0, 8.0, 4.0)
    shoulder = add_jointed_body(spec, carriage, (ahead_m, aside_m, 0.0), turn)
    wrist = _add_wrist(spec, _add_telescope(spec, shoulder, sizes), sizes)
    _add_gripper(spec, wrist, sizes)


def _add_column(carriage: mujoco.MjsBody, out_m: float, mast_side_m: float) -> None:
    """Add what slides out of the mast below a carriage that goes above its end."""
    if out_m <= 0.0:
        return
    half_m, side_m = (out_m + _OVERLAP_M) / 2, 0.4 * mast_side_m
    add_box(carriage, (0.0, 0.0, -half_m), (side_m, side_m, half_m), mass_kg=0.5)


def _add_telescope(
    spec: mujoco.MjSpec, shoulder: mujoco.MjsBody, sizes: ArmSizes
) -> mujoco.MjsBody:
    """Add the tubes, each thinner than the last, and return the innermost."""
    low_m, high_m = (end / sizes.segments for end in sizes.telescope_range_m)
    half_m = sizes.tube_m / 2
    thinner = sizes.tube_side_m / 2 / (sizes.segments + 2)
    tube = shoulder
    for number, name in enumerate(('', *telescope_names(sizes))):
        side_m = sizes.tube_side_m / 2 - number * thinner
        if name:
            slide = Joint(name, False, (1.0, 0.0, 0.0), (low_m, high_m), 1500.0, 120.0, 120.0)
            tube = add_jointed_body(spec, tube, (0.0, 0.0, 0.0), slide)
        add_box(tube, (half_m, 0.0, 0.0), (half_m, side_m, side_m), mass_kg=0.3)
    return tube


def _add_wrist(spec: mujoco.MjSpec, tube: mujoco.MjsBody, sizes: ArmSizes) -> mujoco.MjsBody:
    """Add the three joints of the wrist and the palm, and return the body of the palm."""
    body, place = tube, (sizes.tube_m, 0.0, 0.0)
    for name, axis, ends in (
        (WRIST_YAW, (0.0, 0.0, 1.0), sizes.wrist_yaw_range_rad),
        (WRIST, (0.0, 1.0, 0.0), sizes.wrist_range_rad),
        (WRIST_ROLL, (1.0, 0.0, 0.0), sizes.wrist_roll_range_rad),
    ):
        body = add_jointed_body(spec, body, place, Joint(name, True, axis, ends, 40.0, 3.0, 20.0))
        place = (0.0, 0.0, 0.0)
        if name != WRIST_ROLL:
            add_ball(body, place, _HUB_RADIUS_M, mass_kg=0.1)
    half_m = sizes.palm_m / 2
    add_box(body, (half_m, 0.0, 0.0), (half_m, 0.025, 0.018), mass_kg=0.2, color=DARK)
    body.add_site(name=GRASP, pos=[sizes.palm_m + sizes.finger_m * 0.75, 0.0, 0.0])
    return body


def _add_gripper(spec: mujoco.MjSpec, wrist: mujoco.MjsBody, sizes: ArmSizes) -> None:
    """Add two fingers, each of which goes half of the opening to its side."""
    half_range = (sizes.gripper_range_m[0] / 2, sizes.gripper_range_m[1] / 2)
    half_m = sizes.finger_m / 2
    for name, side in zip(FINGERS, (1.0, -1.0), strict=True):
        slide = Joint(name, False, (0.0, side, 0.0), half_range, 1500.0, 20.0, sizes.grip_n)
        finger = add_jointed_body(spec, wrist, (sizes.palm_m, side * _FINGER_HALF_M, 0.0), slide)
        pad = add_box(
            finger, (half_m, 0.0, 0.0), (half_m, _FINGER_HALF_M, 0.012), mass_kg=0.05, color=RED
        )
        pad.friction, pad.condim = list(_FRICTION), 4
