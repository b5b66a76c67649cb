"""The MuJoCo model of a house: touch and sight agree with the plan."""

import mujoco
import numpy as np
import pytest

from vlm_nav.sim.house_model import COLLIDERS, house_spec
from vlm_nav.sim.house_planning import plan_house, templates


@pytest.fixture(scope='module')
def model() -> mujoco.MjModel:
    return house_spec(plan_house(templates()[0], 1)).compile()


def test_each_thing_is_a_body_of_its_name(model: mujoco.MjModel) -> None:
    for thing in plan_house(templates()[0], 1).things:
        body = model.body(thing.identifier)
        assert body.pos == pytest.approx([thing.pose.x_m, thing.pose.y_m, thing.height_m])


def test_what_is_seen_collides_with_nothing_and_what_collides_is_not_seen(
    model: mujoco.MjModel,
) -> None:
    collides = (model.geom_contype != 0) | (model.geom_conaffinity != 0)
    assert ((model.geom_group == COLLIDERS) == collides).all()


def test_every_wall_collides_under_its_own_name(model: mujoco.MjModel) -> None:
    for wall in plan_house(templates()[0], 1).walls:
        geom = model.geom(wall.name)
        assert geom.group == COLLIDERS
        assert geom.size[:2] == pytest.approx(np.array(wall.size_m) / 2)
