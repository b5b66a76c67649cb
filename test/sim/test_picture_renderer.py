"""Drawing a model: what cannot be in view is left out, and no pixel changes by that."""

import math

import numpy as np
import pytest

pytest.importorskip('mujoco')

import mujoco

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.furniture.furniture import Furniture
from vlm_nav.sim.house.house_planning import plan_house
from vlm_nav.sim.picture_renderer import PictureRenderer
from vlm_nav.sim.rendering import RenderingError
from vlm_nav.sim.robot.robot import ALONG_X, ALONG_Y, CAMERA, TURN
from vlm_nav.sim.simulator_model import model_of
from vlm_nav.sim.simulator_settings import SimulatorSettings

PLAN = plan_house('family_house', 3)


@pytest.fixture(scope='module')
def model() -> mujoco.MjModel:
    """Return a furnished house with a robot."""
    return model_of(PLAN, SimulatorSettings(furniture=Furniture()))


def placed(model: mujoco.MjModel, pose: FloorPose) -> mujoco.MjData:
    """Return the state in which the robot stands somewhere."""
    data = mujoco.MjData(model)
    for name, value in ((ALONG_X, pose.x_m), (ALONG_Y, pose.y_m), (TURN, pose.yaw_rad)):
        data.qpos[model.joint(name).qposadr[0]] = value
    mujoco.mj_forward(model, data)
    return data


def test_what_cannot_be_in_view_is_left_out_and_no_pixel_changes(model: mujoco.MjModel) -> None:
    camera, reach = model.camera(CAMERA).id, model.geom_rbound.copy()
    renderer = PictureRenderer(model, 160, 120)
    shares = []
    for number, room in enumerate(PLAN.rooms):
        middle = [(room.low_m[axis] + room.high_m[axis]) / 2 for axis in range(2)]
        data = placed(model, FloorPose(*middle, number * 0.7))
        drawn = renderer.draw(data, camera)
        shares.append(renderer._may_be_seen(data, camera).mean())
        model.geom_rbound[reach > 0.0] = 1000.0
        whole = renderer.draw(data, camera)
        model.geom_rbound[:] = reach
        assert drawn.rgb.tobytes() == whole.rgb.tobytes()
        assert drawn.depth_m.tobytes() == whole.depth_m.tobytes()
        assert drawn.geoms.tobytes() == whole.geoms.tobytes()
    renderer.close()
    assert max(shares) < 0.7


def test_drawing_leaves_the_model_as_it_was(model: mujoco.MjModel) -> None:
    groups = model.geom_group.copy()
    renderer = PictureRenderer(model, 64, 48)
    renderer.draw(placed(model, FloorPose(2.0, 2.0, math.pi)), model.camera(CAMERA).id)
    renderer.close()
    assert (model.geom_group == groups).all()
    assert np.unique(groups).max() < 5


def test_a_closed_renderer_draws_nothing(model: mujoco.MjModel) -> None:
    renderer = PictureRenderer(model, 64, 48)
    renderer.close()
    with pytest.raises(RenderingError, match='closed'):
        renderer.draw(placed(model, FloorPose(2.0, 2.0, 0.0)), 0)
