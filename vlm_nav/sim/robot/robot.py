"""Puts the robot into a model of a house: a body of primitives that drives, looks and grasps."""

from __future__ import annotations

import math

import mujoco

from vlm_nav.sim.robot.robot_arm import add_arm
from vlm_nav.sim.robot.robot_parts import (
    Joint,
    add_actuator,
    add_ball,
    add_box,
    add_drum,
    add_jointed_body,
)
from vlm_nav.sim.robot.robot_sizes import BaseSizes, HeadSizes, RobotSizes

BASE, CAMERA, LIDAR = 'robot_base', 'robot_camera', 'robot_lidar'
"""Names of the base's body, whose origin is on the floor, of the camera and of the lidar."""

ALONG_X, ALONG_Y, TURN, PAN, TILT = 'robot_x', 'robot_y', 'robot_turn', 'robot_pan', 'robot_tilt'
"""Names of joints, and of the actuators that move them."""

WHEELS = ('robot_left_wheel', 'robot_right_wheel')
"""The same of a base on wheels, in place of the first three; its joint with the world is ROOT."""

ROOT = 'robot_root'

# How fast the drives reach their speed where their force is enough; wheels also have to keep it
# while they scrub over the floor in a turn.
_DRIVE_TIME_S, _WHEEL_TIME_S = 0.01, 0.002
_LIDAR_RADIUS_M, _LIDAR_HALF_M = 0.035, 0.02
_WHEEL_HALF_M, _WHEEL_GRIP = 0.008, (1.2, 0.01, 0.001)
# Balls that slide before and behind, a hair above the floor.
_BALL_RADIUS_M, _BALL_AIR_M, _BALL_SHARE, _BALL_GRIP = 0.02, 0.0005, 0.75, (0.001, 0.001, 0.001)


def add_robot(spec: mujoco.MjSpec, sizes: RobotSizes, *, wheels: bool = False) -> None:
    """Add the robot to a model whose angles are radians, standing in the origin.

    Its base slides along x and y of the map and turns about z, driven by speeds; or it rolls on
    two wheels.
    """
    base = spec.worldbody.add_body(name=BASE)
    if wheels:
        _add_wheels(spec, base, sizes.base)
    else:
        _add_drives(spec, base, sizes.base)
    half_m = (sizes.base.high_m - sizes.base.low_m) / 2
    middle = (0.0, 0.0, sizes.base.low_m + half_m)
    add_drum(base, middle, sizes.base.radius_m, half_m, sizes.base.mass_kg)
    _add_mast(base, sizes)
    base.add_site(name=LIDAR, pos=list(sizes.lidar.place_m))
    add_drum(base, sizes.lidar.place_m, _LIDAR_RADIUS_M, _LIDAR_HALF_M, mass_kg=0.2)
    _add_head(spec, base, sizes.head)
    add_arm(spec, base, sizes.arm, sizes.mast)


def _add_drives(spec: mujoco.MjSpec, base: mujoco.MjsBody, sizes: BaseSizes) -> None:
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    inertia = sizes.mass_kg * sizes.radius_m**2 / 2
    push_n = sizes.mass_kg * sizes.acceleration_m_s2
    turn_n_m = inertia * sizes.turn_acceleration_rad_s2
    for name, kind, axis, load, force in (
        (ALONG_X, slide, [1.0, 0.0, 0.0], sizes.mass_kg, push_n),
        (ALONG_Y, slide, [0.0, 1.0, 0.0], sizes.mass_kg, push_n),
        (TURN, hinge, [0.0, 0.0, 1.0], inertia, turn_n_m),
    ):
        base.add_joint(name=name, type=kind, axis=axis)
        drive = add_actuator(spec, name, force)
        drive.gainprm[0], drive.biasprm[2] = load / _DRIVE_TIME_S, -load / _DRIVE_TIME_S


def _add_wheels(spec: mujoco.MjSpec, base: mujoco.MjsBody, sizes: BaseSizes) -> None:
    base.add_freejoint(name=ROOT)
    radius_m = sizes.wheel_radius_m
    # Each wheel moves half of the base.
    load = sizes.mass_kg / 2 * radius_m**2
    torque_n_m = sizes.mass_kg / 2 * sizes.acceleration_m_s2 * radius_m
    for name, side in zip(WHEELS, (1.0, -1.0), strict=True):
        wheel = base.add_body(name=name, pos=[0.0, side * sizes.wheel_track_m / 2, radius_m])
        hinge = mujoco.mjtJoint.mjJNT_HINGE
        wheel.add_joint(name=name, type=hinge, axis=[0.0, 1.0, 0.0], armature=0.01)
        tyre = add_drum(wheel, (0.0, 0.0, 0.0), radius_m, _WHEEL_HALF_M, mass_kg=0.6)
        tyre.quat = [math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0]
        tyre.friction = list(_WHEEL_GRIP)
        drive = add_actuator(spec, name, torque_n_m)
        drive.gainprm[0], drive.biasprm[2] = load / _WHEEL_TIME_S, -load / _WHEEL_TIME_S
    for side in (1.0, -1.0):
        place = (side * sizes.radius_m * _BALL_SHARE, 0.0, _BALL_RADIUS_M + _BALL_AIR_M)
        ball = add_ball(base, place, _BALL_RADIUS_M, mass_kg=0.2)
        ball.friction, ball.condim = list(_BALL_GRIP), 1


def _add_mast(base: mujoco.MjsBody, sizes: RobotSizes) -> None:
    half_m = (sizes.mast.high_m - sizes.base.high_m) / 2
    middle = (*sizes.mast.place_m, sizes.base.high_m + half_m)
    side_m = sizes.mast.side_m / 2
    add_box(base, middle, (side_m, side_m, half_m), mass_kg=1.5)
    # What carries the neck, from the mast to below it.
    ahead_m = sizes.head.place_m[0] - sizes.mast.place_m[0]
    between = (sizes.mast.place_m[0] + ahead_m / 2, sizes.mast.place_m[1], sizes.mast.high_m)
    add_box(base, between, (ahead_m / 2 + side_m, side_m, 0.015), mass_kg=0.3)


def _add_head(spec: mujoco.MjSpec, base: mujoco.MjsBody, sizes: HeadSizes) -> None:
    """Add the neck, and the camera that pans and tilts on it."""
    pan = Joint(PAN, True, (0.0, 0.0, 1.0), sizes.pan_range_rad, 60.0, 3.0, 20.0)
    tilt = Joint(TILT, True, (0.0, 1.0, 0.0), sizes.tilt_range_rad, 60.0, 3.0, 20.0)
    neck = add_jointed_body(spec, base, sizes.place_m, pan)
    add_drum(neck, (0.0, 0.0, -0.01), 0.025, 0.02, mass_kg=0.3)
    eye = add_jointed_body(spec, neck, (0.0, 0.0, 0.0), tilt)
    ahead_m, up_m = sizes.camera_ahead_m, sizes.camera_up_m
    add_box(eye, (ahead_m - 0.017, 0.0, up_m), (0.012, 0.05, 0.015), mass_kg=0.3)
    eye.add_camera(
        name=CAMERA,
        pos=[ahead_m, 0.0, up_m],
        # MuJoCo's cameras look along their z backwards, y up: x of the picture is the base's -y.
        quat=[0.5, 0.5, -0.5, -0.5],
        fovy=math.degrees(sizes.field_of_view_rad),
    )
