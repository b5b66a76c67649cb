"""Puts the robot into a model of a house: a body of primitives that drives, looks and grasps."""

from __future__ import annotations

import math

import mujoco

from vlm_nav.sim.robot_arm import add_arm
from vlm_nav.sim.robot_parts import Joint, add_actuator, add_box, add_drum, add_jointed_body
from vlm_nav.sim.robot_sizes import BaseSizes, HeadSizes, RobotSizes

BASE, CAMERA, LIDAR = 'robot_base', 'robot_camera', 'robot_lidar'
"""Names of the base's body, whose origin is on the floor, of the camera and of the lidar."""

ALONG_X, ALONG_Y, TURN, PAN, TILT = 'robot_x', 'robot_y', 'robot_turn', 'robot_pan', 'robot_tilt'
"""Names of joints, and of the actuators that move them."""

# How fast the drives reach their speed where their force is enough.
_DRIVE_TIME_S = 0.01
_LIDAR_RADIUS_M, _LIDAR_HALF_M = 0.035, 0.02


def add_robot(spec: mujoco.MjSpec, sizes: RobotSizes) -> None:
    """Add the robot to a model whose angles are radians, standing in the origin.

    Its base slides along x and y of the map and turns about z, driven by speeds.
    """
    base = spec.worldbody.add_body(name=BASE)
    _add_drives(spec, base, sizes.base)
    half_m = (sizes.base.high_m - sizes.base.low_m) / 2
    middle = (0.0, 0.0, sizes.base.low_m + half_m)
    add_drum(base, middle, sizes.base.radius_m, half_m, sizes.base.mass_kg)
    _add_mast(base, sizes)
    base.add_site(name=LIDAR, pos=list(sizes.lidar.place_m))
    add_drum(base, sizes.lidar.place_m, _LIDAR_RADIUS_M, _LIDAR_HALF_M, mass_kg=0.2)
    _add_head(spec, base, sizes.head)
    add_arm(spec, base, sizes.arm, (*sizes.mast.place_m, 0.0))


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
