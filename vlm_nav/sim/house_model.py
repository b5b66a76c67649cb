"""Builds the MuJoCo model of a planned house, for a robot to be put into.

What collides is invisible and in the group COLLIDERS; what is seen collides with nothing. So the
lidar and the bumper meet the boxes of the plan, and the camera sees furniture.
"""

from __future__ import annotations

import math

import mujoco

from vlm_nav.sim.house_plan import Area, Footprint, HousePlan, Thing

SEEN, CEILING, COLLIDERS = 1, 2, 3
"""Groups of geoms, as MuJoCo's options for drawing and for rays tell them apart."""

_PAINT = (0.90, 0.87, 0.80, 1.0)
_FLOORS = {'planks': (0.62, 0.46, 0.30, 1.0), 'tiles': (0.80, 0.81, 0.79, 1.0)}
_CARPET = (0.55, 0.58, 0.66, 1.0)
_PLAIN = (0.6, 0.6, 0.6, 1.0)
_COLORS = {'red': (0.8, 0.1, 0.1, 1.0), 'blue': (0.15, 0.25, 0.75, 1.0)}
_FLOOR_M, _CEILING_M = 0.02, 0.05


def house_spec(plan: HousePlan) -> mujoco.MjSpec:
    """Return a model of the house without a robot.

    A thing is a body named by its identifier, a wall's collider a geom named as in the plan, the
    floor of a room a geom 'floor_<room>'. Angles are radians.
    """
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    _light(spec)
    for room in plan.rooms:
        _add_floor(spec, room)
    _add_ground(spec, plan)
    for wall in plan.walls:
        _add_box(spec.worldbody, wall, name=wall.name)
        _add_box(spec.worldbody, wall, rgba=_PAINT)
    for thing in plan.things:
        _add_thing(spec, thing)
    return spec


def _light(spec: mujoco.MjSpec) -> None:
    """Light the house evenly: no place is dark, and faces of a box differ."""
    spec.visual.headlight.ambient = [0.45, 0.45, 0.45]
    spec.visual.headlight.diffuse = [0.25, 0.25, 0.25]
    spec.visual.headlight.specular = [0.0, 0.0, 0.0]
    for direction in ((0.4, 0.6, -0.7), (-0.6, -0.3, -0.7)):
        spec.worldbody.add_light(
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            dir=list(direction),
            pos=[0.0, 0.0, 5.0],
            diffuse=[0.28, 0.27, 0.25],
            specular=[0.05, 0.05, 0.05],
            castshadow=False,
        )


def _add_ground(spec: mujoco.MjSpec, plan: HousePlan) -> None:
    """Add the plane that the robot drives on and the ceiling, both over the whole house."""
    low, high = plan.bounds
    middle = [(low[axis] + high[axis]) / 2 for axis in range(2)]
    half = [(high[axis] - low[axis]) / 2 for axis in range(2)]
    spec.worldbody.add_geom(
        name='ground',
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        pos=[*middle, 0.0],
        size=[half[0] + 1.0, half[1] + 1.0, 0.1],
        group=COLLIDERS,
    )
    spec.worldbody.add_geom(
        name='ceiling',
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=[*middle, plan.wall_height_m + _CEILING_M / 2],
        size=[*half, _CEILING_M / 2],
        rgba=[0.95, 0.95, 0.93, 1.0],
        group=CEILING,
        contype=0,
        conaffinity=0,
    )


def _add_floor(spec: mujoco.MjSpec, room: Area) -> None:
    middle = [(room.low_m[axis] + room.high_m[axis]) / 2 for axis in range(2)]
    half = [(room.high_m[axis] - room.low_m[axis]) / 2 for axis in range(2)]
    spec.worldbody.add_geom(
        name=f'floor_{room.name}',
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=[*middle, -_FLOOR_M / 2],
        size=[*half, _FLOOR_M / 2],
        rgba=list(_FLOORS.get(room.floor, _CARPET)),
        group=SEEN,
        contype=0,
        conaffinity=0,
    )


def _add_thing(spec: mujoco.MjSpec, thing: Thing) -> None:
    half_rad = thing.pose.yaw_rad / 2
    body = spec.worldbody.add_body(
        name=thing.identifier,
        pos=[thing.pose.x_m, thing.pose.y_m, thing.height_m],
        quat=[math.cos(half_rad), 0.0, 0.0, math.sin(half_rad)],
    )
    for box in thing.in_own_frame().footprints():
        _add_box(body, box)
        _add_box(body, box, rgba=_COLORS.get(thing.color, _PLAIN))


def _add_box(
    body: mujoco.MjsBody,
    box: Footprint,
    name: str = '',
    rgba: tuple[float, float, float, float] | None = None,
) -> None:
    """Add a collider where no colour is given, else a box that is only seen."""
    half_rad = box.pose.yaw_rad / 2
    geom = body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=[box.pose.x_m, box.pose.y_m, (box.low_m + box.high_m) / 2],
        quat=[math.cos(half_rad), 0.0, 0.0, math.sin(half_rad)],
        size=[box.size_m[0] / 2, box.size_m[1] / 2, (box.high_m - box.low_m) / 2],
        group=COLLIDERS if rgba is None else SEEN,
    )
    if name:
        geom.name = name
    if rgba is not None:
        geom.rgba = list(rgba)
        geom.contype = geom.conaffinity = 0
