"""The MuJoCo model of a house: touch and sight agree with the plan."""

import numpy as np
import pytest

pytest.importorskip('mujoco')

import mujoco

from vlm_nav.sim.furniture.drawings import differs
from vlm_nav.sim.furniture.furniture import Furniture
from vlm_nav.sim.furniture.furniture_kinds import kinds
from vlm_nav.sim.house.house_layout import inner_corners
from vlm_nav.sim.house.house_model import COLLIDERS, house_spec
from vlm_nav.sim.house.house_plan import HousePlan, Shape
from vlm_nav.sim.house.house_planning import plan_house, templates


@pytest.fixture(scope='module')
def plan() -> HousePlan:
    return plan_house(templates()[0], 1)


@pytest.fixture(scope='module')
def model(plan: HousePlan) -> mujoco.MjModel:
    return house_spec(plan, Furniture()).compile()


def ray_m(model: mujoco.MjModel, origin: list[float], way: list[float], group: int) -> float:
    """Return how far along a unit vector a geom of one group is, -1 for none."""
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    groups = np.zeros(6, dtype=np.uint8)
    groups[group] = 1
    hit = np.zeros(1, dtype=np.int32)
    given = (model, data, np.array(origin), np.array(way), groups, 1, -1, hit)
    return float(mujoco.mj_ray(*given))


def test_each_thing_is_a_body_of_its_name(model: mujoco.MjModel, plan: HousePlan) -> None:
    for thing in plan.things:
        body = model.body(thing.identifier)
        assert body.pos == pytest.approx([thing.pose.x_m, thing.pose.y_m, thing.height_m])


def test_what_is_seen_collides_with_nothing_and_what_collides_is_not_seen(
    model: mujoco.MjModel,
) -> None:
    collides = (model.geom_contype != 0) | (model.geom_conaffinity != 0)
    assert ((model.geom_group == COLLIDERS) == collides).all()


def test_every_wall_collides_under_its_own_name(model: mujoco.MjModel, plan: HousePlan) -> None:
    for wall in plan.walls:
        geom = model.geom(wall.name)
        assert geom.group == COLLIDERS
        assert geom.size[:2] == pytest.approx(np.array(wall.size_m) / 2)


def test_everything_but_what_is_flat_can_be_touched(
    model: mujoco.MjModel, plan: HousePlan
) -> None:
    for thing in plan.things:
        body = model.body(thing.identifier).id
        own = model.geom_bodyid == body
        touchable = own & (model.geom_group == COLLIDERS)
        assert touchable.any() == (thing.shape is not Shape.FLAT)
        assert (own & (model.geom_group != COLLIDERS)).any()


def test_painted_walls_are_seen_where_the_walls_are(
    model: mujoco.MjModel, plan: HousePlan
) -> None:
    for room in plan.rooms:
        low, high = inner_corners(room)
        # Above doorways and furniture, from near the wall.
        for axis, edge, step in ((0, low, -1.0), (0, high, 1.0), (1, low, -1.0), (1, high, 1.0)):
            origin = [(room.low_m[i] + room.high_m[i]) / 2 for i in range(2)] + [2.45]
            origin[axis] = edge[axis] - step * 0.05
            way = [0.0, 0.0, 0.0]
            way[axis] = step
            for group in (1, COLLIDERS):
                assert ray_m(model, origin, way, group) == pytest.approx(0.05, abs=0.012)


def test_the_floor_is_seen_at_height_zero(model: mujoco.MjModel, plan: HousePlan) -> None:
    for doorway in plan.doorways:
        origin = [*doorway.middle_m, 1.0]
        assert ray_m(model, origin, [0.0, 0.0, -1.0], 1) == pytest.approx(1.0, abs=1e-6)
        assert ray_m(model, origin, [0.0, 0.0, -1.0], COLLIDERS) == pytest.approx(1.0, abs=1e-6)


def test_one_sees_through_a_doorway(model: mujoco.MjModel, plan: HousePlan) -> None:
    for doorway in plan.doorways:
        wide = doorway.high_m[0] - doorway.low_m[0] > doorway.high_m[1] - doorway.low_m[1]
        for sign in (-1.0, 1.0):
            way = [0.0, sign, 0.0] if wide else [sign, 0.0, 0.0]
            for group in (1, COLLIDERS):
                hit_m = ray_m(model, [*doorway.middle_m, 1.4], way, group)
                assert hit_m > 0.5


def test_the_same_plan_gives_the_same_model(plan: HousePlan) -> None:
    first, second = (house_spec(plan, Furniture()).compile() for _ in range(2))
    for name in ('geom_pos', 'geom_quat', 'geom_size', 'mesh_vert', 'mat_rgba', 'tex_data'):
        assert (getattr(first, name) == getattr(second, name)).all(), name


def test_things_of_one_kind_and_colour_look_the_same(plan: HousePlan) -> None:
    spec = house_spec(plan, Furniture())
    looks: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for thing in plan.things:
        if not differs(kinds()[thing.kind].drawing):
            seen = [geom.material for geom in spec.body(thing.identifier).geoms if geom.material]
            looks.setdefault((thing.kind, thing.color), set()).add(tuple(seen))
    assert {key for key, found in looks.items() if len(found) > 1} == set()
