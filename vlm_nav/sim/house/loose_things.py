"""Puts things into the model of a house that can be pushed, rolled and lifted."""

from __future__ import annotations

import math
from types import MappingProxyType

import mujoco

from vlm_nav.sim.furniture.loose_solids import Form, Solid
from vlm_nav.sim.house.geom_groups import COLLIDERS, SEEN

# Sliding, turning about the contact, and rolling: nothing swings between two fingers, and a ball
# on a table stays where it was put.
_CONTACT_DIMENSIONS = 6
_FRICTION = (0.8, 0.01, 0.001)

_FORMS = MappingProxyType(
    {
        Form.BOX: mujoco.mjtGeom.mjGEOM_BOX,
        Form.CYLINDER: mujoco.mjtGeom.mjGEOM_CYLINDER,
        Form.CAPSULE: mujoco.mjtGeom.mjGEOM_CAPSULE,
        Form.BALL: mujoco.mjtGeom.mjGEOM_SPHERE,
    }
)


def add_loose(body: mujoco.MjsBody, solids: tuple[Solid, ...], mass_kg: float) -> None:
    """Make a body of solids, each of which is seen and felt; their volumes share the mass."""
    body.add_freejoint()
    whole_m3 = sum(solid.volume_m3 for solid in solids)
    for solid in solids:
        felt = _add(body, solid)
        felt.group, felt.mass = COLLIDERS, mass_kg * solid.volume_m3 / whole_m3
        felt.condim, felt.friction = _CONTACT_DIMENSIONS, list(_FRICTION)
        seen = _add(body, solid)
        seen.group, seen.mass, seen.rgba = SEEN, 0.0, [*solid.color, 1.0]
        seen.contype = seen.conaffinity = 0


def make_loose(body: mujoco.MjsBody, mass_kg: float) -> None:
    """Let a body move freely whose geoms so far are all that is felt of it, of one mass each."""
    body.add_freejoint()
    for geom in body.geoms:
        geom.mass = mass_kg / len(body.geoms)
        geom.condim, geom.friction = _CONTACT_DIMENSIONS, list(_FRICTION)


def _add(body: mujoco.MjsBody, solid: Solid) -> mujoco.MjsGeom:
    return body.add_geom(
        type=_FORMS[solid.form],
        pos=list(solid.middle_m),
        quat=_quaternion(solid.turn_rad, solid.lean_rad),
        size=list(solid.half_m),
    )


def _quaternion(turn_rad: float, lean_rad: float) -> list[float]:
    """Return the rotation (w, x, y, z) about y first, then about z."""
    turn, lean = (
        (math.cos(turn_rad / 2), math.sin(turn_rad / 2)),
        (
            math.cos(lean_rad / 2),
            math.sin(lean_rad / 2),
        ),
    )
    return [turn[0] * lean[0], -turn[1] * lean[1], turn[0] * lean[1], turn[1] * lean[0]]
