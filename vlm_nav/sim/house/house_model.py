"""Builds the MuJoCo model of a planned house, for a robot to be put into.

What collides is invisible and in the group COLLIDERS; what is seen collides with nothing. So the
lidar and the bumper meet the boxes of the plan, and the camera sees furniture.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from types import MappingProxyType

import mujoco
import numpy as np

from vlm_nav.sim.furniture.furniture import Furniture
from vlm_nav.sim.furniture.furniture_cache import furniture_folder
from vlm_nav.sim.furniture.furniture_kinds import PAINTS, kinds
from vlm_nav.sim.furniture.furniture_meshes import MeshPart
from vlm_nav.sim.furniture.loose_solids import solids_of
from vlm_nav.sim.house.geom_groups import CEILING, COLLIDERS, SEEN
from vlm_nav.sim.house.house_plan import Footprint, HousePlan, Thing
from vlm_nav.sim.house.house_shell import doorway_linings, room_floor, room_walls
from vlm_nav.sim.house.loose_things import add_loose, make_loose
from vlm_nav.sim.house.surface_pictures import picture_of_floor

_WALL_PAINTS = (
    (0.93, 0.90, 0.82), (0.80, 0.88, 0.86), (0.82, 0.87, 0.94), (0.94, 0.86, 0.80),
    (0.88, 0.91, 0.80), (0.92, 0.92, 0.90), (0.95, 0.91, 0.74), (0.88, 0.84, 0.90),
)  # fmt: skip
_PLAIN = (1.0, 1.0, 1.0)
_NONE_LOOSE: Mapping[str, float] = MappingProxyType({})
_CEILING_M = 0.05


def house_spec(
    plan: HousePlan,
    furniture: Furniture | None = None,
    loose_kg: Mapping[str, float] = _NONE_LOOSE,
) -> mujoco.MjSpec:
    """Return a model of the house without a robot; angles are radians.

    Things of the kinds in `loose_kg`, with their masses, can be pushed and lifted where they stand
    on others; they are made of solids where their kind is known to be, so that what is felt is
    what is seen. Everything else stays where it is.

    A thing is a body named by its identifier, a wall's collider a geom named as in the plan, the
    floor of a room a geom 'floor_<room>'. Without `furniture`, that of this machine is taken.
    """
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    _light(spec)
    _Shell(spec, plan).add()
    looks = _Looks(spec, furniture or Furniture(furniture_folder()))
    for thing in plan.things:
        _add_thing(spec, thing, looks, loose_kg.get(thing.kind) if thing.on else None)
    return spec


def _light(spec: mujoco.MjSpec) -> None:
    """Light the house evenly: no place is dark, and faces of a box differ."""
    spec.visual.headlight.ambient = [0.55, 0.55, 0.55]
    spec.visual.headlight.diffuse = [0.22, 0.22, 0.22]
    spec.visual.headlight.specular = [0.0, 0.0, 0.0]
    for direction in ((0.6, 0.3, -0.7), (-0.6, 0.3, -0.7), (0.1, -0.7, -0.7)):
        spec.worldbody.add_light(
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            dir=list(direction),
            pos=[0.0, 0.0, 5.0],
            diffuse=[0.19, 0.18, 0.17],
            specular=[0.05, 0.05, 0.05],
            castshadow=False,
        )


class _Shell:
    """Adds what is not furniture."""

    def __init__(self, spec: mujoco.MjSpec, plan: HousePlan) -> None:
        self._spec, self._plan = spec, plan
        self._rng = np.random.default_rng([plan.seed, zlib.crc32(b'paint')])

    def add(self) -> None:
        self._add_ground()
        for wall in self._plan.walls:
            _add_collider(self._spec.worldbody, wall, name=wall.name)
        self._add_part('doorways', doorway_linings(self._plan))
        paints = self._rng.permutation(len(_WALL_PAINTS))
        for number, room in enumerate(self._plan.rooms):
            paint = _WALL_PAINTS[int(paints[number % len(paints)])]
            self._add_part(f'walls_{room.name}', room_walls(self._plan, room, paint))
            picture = picture_of_floor(room.floor, self._plan.seed * 31 + number)
            self._add_part(f'floor_{room.name}', room_floor(room, picture))

    def _add_part(self, name: str, part: MeshPart) -> None:
        _add_mesh(self._spec, name, part)
        material = _add_material(self._spec, name, name, part, _PLAIN)
        _add_seen(self._spec.worldbody, name, material).name = name

    def _add_ground(self) -> None:
        """Add the plane that the robot drives on and the ceiling, both over the whole house."""
        low, high = self._plan.bounds
        middle = [(low[axis] + high[axis]) / 2 for axis in range(2)]
        half = [(high[axis] - low[axis]) / 2 for axis in range(2)]
        self._spec.worldbody.add_geom(
            name='ground',
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            pos=[*middle, 0.0],
            size=[half[0] + 1.0, half[1] + 1.0, 0.1],
            group=COLLIDERS,
        )
        self._spec.worldbody.add_geom(
            name='ceiling',
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=[*middle, self._plan.wall_height_m + _CEILING_M / 2],
            size=[*half, _CEILING_M / 2],
            rgba=[0.95, 0.95, 0.93, 1.0],
            group=CEILING,
            contype=0,
            conaffinity=0,
        )


class _Looks:
    """The meshes and materials of things, each added to the model once."""

    def __init__(self, spec: mujoco.MjSpec, furniture: Furniture) -> None:
        self._spec, self._furniture = spec, furniture
        self._parts: dict[str, tuple[MeshPart, ...]] = {}
        self._materials: set[str] = set()

    def of(self, thing: Thing) -> list[tuple[str, str]]:
        """Return the names of a mesh and a material for each part of a thing."""
        variant = self._furniture.variant(thing.kind, zlib.crc32(thing.identifier.encode()))
        name = f'{thing.kind}_{variant}'
        if name not in self._parts:
            self._parts[name] = self._furniture.look(thing.kind, variant).parts
            for index, part in enumerate(self._parts[name]):
                _add_mesh(self._spec, f'{name}_{index}', part)
        return [
            (f'{name}_{index}', self._material(f'{name}_{index}', part, thing.color))
            for index, part in enumerate(self._parts[name])
        ]

    def _material(self, mesh: str, part: MeshPart, color: str) -> str:
        """Return the name of a part's material, painted in the thing's colour where it is grey."""
        name = f'{mesh}_{color}' if part.painted and color else mesh
        if name not in self._materials:
            paint = PAINTS.get(color, _PLAIN) if part.painted else _PLAIN
            self._materials.add(_add_material(self._spec, name, mesh, part, paint))
        return name


def _add_thing(spec: mujoco.MjSpec, thing: Thing, looks: _Looks, loose_kg: float | None) -> None:
    body = spec.worldbody.add_body(
        name=thing.identifier,
        pos=[thing.pose.x_m, thing.pose.y_m, thing.height_m],
        quat=_quaternion(thing.pose.yaw_rad),
    )
    solids = solids_of(thing.kind, thing.size_m, thing.color)
    if loose_kg is not None and solids:
        add_loose(body, solids, loose_kg)
        return
    boxes = thing.in_own_frame().footprints()
    for box in boxes:
        _add_collider(body, box)
    if loose_kg is not None:
        make_loose(body, loose_kg)
    if thing.kind in kinds():
        for mesh, material in looks.of(thing):
            _add_seen(body, mesh, material)
        return
    for box in boxes:
        _add_seen_box(body, box, PAINTS.get(thing.color, PAINTS['grey']))


def _add_mesh(spec: mujoco.MjSpec, name: str, part: MeshPart) -> None:
    """Add a mesh and its picture."""
    spec.add_mesh(
        name=name,
        uservert=part.vertices.ravel(),
        userface=part.faces.ravel(),
        usertexcoord=part.places.ravel(),
        inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
    )
    height, width = part.picture.shape[:2]
    texture = spec.add_texture(
        name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, width=width, height=height, nchannel=3
    )
    texture.data = part.picture.tobytes()


def _add_material(
    spec: mujoco.MjSpec,
    name: str,
    texture: str,
    part: MeshPart,
    paint: tuple[float, float, float],
) -> str:
    material = spec.add_material(
        name=name, specular=0.1, shininess=0.1, emission=part.glow, rgba=[*paint, 1.0]
    )
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = texture
    return name


def _add_seen(body: mujoco.MjsBody, mesh: str, material: str) -> mujoco.MjsGeom:
    return body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=mesh,
        material=material,
        group=SEEN,
        contype=0,
        conaffinity=0,
        mass=0.0,
    )


def _add_seen_box(body: mujoco.MjsBody, box: Footprint, paint: tuple[float, float, float]) -> None:
    """Show a box of a thing that is of no known kind."""
    geom = _add_box(body, box)
    geom.rgba, geom.group, geom.mass = [*paint, 1.0], SEEN, 0.0
    geom.contype = geom.conaffinity = 0


def _add_collider(body: mujoco.MjsBody, box: Footprint, name: str = '') -> None:
    geom = _add_box(body, box)
    geom.group = COLLIDERS
    if name:
        geom.name = name


def _add_box(body: mujoco.MjsBody, box: Footprint) -> mujoco.MjsGeom:
    return body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=[box.pose.x_m, box.pose.y_m, (box.low_m + box.high_m) / 2],
        quat=_quaternion(box.pose.yaw_rad),
        size=[box.size_m[0] / 2, box.size_m[1] / 2, (box.high_m - box.low_m) / 2],
    )


def _quaternion(yaw_rad: float) -> list[float]:
    return [math.cos(yaw_rad / 2), 0.0, 0.0, math.sin(yaw_rad / 2)]
