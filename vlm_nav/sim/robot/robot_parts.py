"""What the robot is put together from: boxes, drums, and joints with motors.

Parts of the robot collide with the house and not with each other, and are held against gravity
where a body asks for it, as a robot's own controllers do.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco

ROBOT = 0
"""The group of the robot's geoms: drawn, but not met by its own lidar."""

DARK, GREY, RED = (0.16, 0.16, 0.18, 1.0), (0.74, 0.75, 0.78, 1.0), (0.80, 0.18, 0.14, 1.0)

# Geoms of a house are of class 1 and collide with class 1: so with these, but not these alone.
_OWN_CLASS, _ASKED_CLASS = 2, 1
# Stiffer than MuJoCo's own contacts, so that a bump goes less than a few millimetres deep.
_CONTACT_TIME_S, _CONTACT_DAMPING = 0.01, 1.0

_TURNING_ARMATURE, _SLIDING_ARMATURE = 0.02, 0.1

Place = tuple[float, float, float]
Color = tuple[float, float, float, float]


@dataclass(frozen=True)
class Joint:
    """A joint with a motor that holds it where it is told to be, within `force`."""

    name: str
    turns: bool
    axis: Place
    range: tuple[float, float]
    stiffness: float
    damping: float
    force: float


def add_box(
    body: mujoco.MjsBody, place_m: Place, half_m: Place, mass_kg: float, color: Color = GREY
) -> mujoco.MjsGeom:
    """Add a box about a place of the body's frame."""
    return _add(body, mujoco.mjtGeom.mjGEOM_BOX, place_m, half_m, mass_kg, color)


def add_drum(
    body: mujoco.MjsBody,
    place_m: Place,
    radius_m: float,
    half_m: float,
    mass_kg: float,
    color: Color = DARK,
) -> mujoco.MjsGeom:
    """Add an upright cylinder about a place of the body's frame."""
    size = (radius_m, half_m, 0.0)
    return _add(body, mujoco.mjtGeom.mjGEOM_CYLINDER, place_m, size, mass_kg, color)


def add_ball(
    body: mujoco.MjsBody, place_m: Place, radius_m: float, mass_kg: float, color: Color = GREY
) -> mujoco.MjsGeom:
    """Add a ball about a place of the body's frame."""
    size = (radius_m, 0.0, 0.0)
    return _add(body, mujoco.mjtGeom.mjGEOM_SPHERE, place_m, size, mass_kg, color)


def add_jointed_body(
    spec: mujoco.MjSpec, parent: mujoco.MjsBody, place_m: Place, joint: Joint
) -> mujoco.MjsBody:
    """Add a body that moves by a joint against its parent, weightless, named by the joint."""
    body = parent.add_body(name=joint.name, pos=list(place_m), gravcomp=1.0)
    hinge, slide = mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE
    body.add_joint(
        name=joint.name,
        type=hinge if joint.turns else slide,
        axis=list(joint.axis),
        range=list(joint.range),
        limited=True,
        # What a motor and its gears add; light parts on stiff motors would tremble without.
        armature=_TURNING_ARMATURE if joint.turns else _SLIDING_ARMATURE,
    )
    motor = add_actuator(spec, joint.name, joint.force)
    motor.ctrllimited, motor.ctrlrange = True, list(joint.range)
    motor.gainprm[0] = joint.stiffness
    motor.biasprm[1], motor.biasprm[2] = -joint.stiffness, -joint.damping
    return body


def add_actuator(spec: mujoco.MjSpec, joint: str, force: float) -> mujoco.MjsActuator:
    """Add an actuator of a joint's name whose force is the gain times the command plus a bias."""
    actuator = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    actuator.biastype = mujoco.mjtBias.mjBIAS_AFFINE
    actuator.forcelimited, actuator.forcerange = True, [-force, force]
    return actuator


def _add(
    body: mujoco.MjsBody,
    kind: mujoco.mjtGeom,
    place_m: Place,
    size_m: Place,
    mass_kg: float,
    color: Color,
) -> mujoco.MjsGeom:
    return body.add_geom(
        type=kind,
        pos=list(place_m),
        size=list(size_m),
        mass=mass_kg,
        rgba=list(color),
        group=ROBOT,
        contype=_OWN_CLASS,
        conaffinity=_ASKED_CLASS,
        solref=[_CONTACT_TIME_S, _CONTACT_DAMPING],
        priority=1,
    )
