"""The closed form finds joints that truly reach a pose, and none beyond the joints' ranges."""

import numpy as np
import pytest

pytest.importorskip('mujoco')
pytest.importorskip('pinocchio')

from vlm_nav.sim.robot.arm_solving import SimulatedArmSolver
from vlm_nav.sim.robot.robot_sizes import default_sizes

SOLVER = SimulatedArmSolver(default_sizes())


def test_joints_that_it_finds_put_the_tips_where_they_were_wanted() -> None:
    rng = np.random.default_rng(3)
    low = np.array([0.3, -1.6, 0.0, -1.0, -1.4, -3.0])
    high = np.array([1.0, 2.3, 0.6, 1.0, 1.4, 3.0])
    for _ in range(200):
        pose = SOLVER.tip_at(rng.uniform(low, high))
        found = SOLVER.solve(pose)
        assert found is not None
        assert SOLVER.tip_at(found) == pytest.approx(pose, abs=1e-6)


@pytest.mark.parametrize('turn_rad', np.linspace(-3.0, 3.0, 7).tolist())
def test_it_reaches_down_with_any_turn_of_the_gripper_along_a_line(turn_rad: float) -> None:
    cosine, sine = np.cos(turn_rad), np.sin(turn_rad)
    down = np.eye(4)
    down[:3, :3] = np.array([[0, -sine, cosine], [0, cosine, sine], [-1, 0, 0]])
    down[:3, 3] = (0.55, 0.1, 0.75)
    above = down.copy()
    above[2, 3] += 0.1
    start = SOLVER.solve(above)
    assert start is not None
    line = SOLVER.line(start, down)
    assert line is not None
    assert SOLVER.tip_at(line[-1]) == pytest.approx(down, abs=1e-6)


@pytest.mark.parametrize('place', [(1.2, 0.0, 0.8), (0.5, 0.0, 2.0), (0.5, 0.0, 0.05)])
def test_it_finds_none_where_the_arm_ends(place: tuple[float, float, float]) -> None:
    pose = np.eye(4)
    pose[:3, 3] = place
    assert SOLVER.solve(pose) is None


def test_a_joint_that_rests_a_hair_beyond_its_end_is_at_its_end() -> None:
    rests = SOLVER.tip_at(np.array([0.55, -1.57, -0.001, 0.0, 0.0, 0.0]))
    found = SOLVER.solve(rests)
    assert found is not None
    assert found[2] == 0.0
    assert SOLVER.solve(SOLVER.tip_at(np.array([0.55, -1.57, -0.01, 0.0, 0.0, 0.0]))) is None
