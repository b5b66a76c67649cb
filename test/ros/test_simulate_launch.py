"""What the launch file of the simulator starts, and what it gives to it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

pytest.importorskip('rclpy')
pytest.importorskip('ament_index_python')
pytest.importorskip('control_msgs')
pytest.importorskip('mujoco')

from vlm_nav.bench.pick import ARM, GRASP, gripper_of_robot
from vlm_nav.navigation.parameters import problems
from vlm_nav.ros.arm_stand_in import GRIPPER_ACTION, TRAJECTORY_ACTION
from vlm_nav.ros.launch_reading import Start, launch
from vlm_nav.ros.launch_words import LaunchError
from vlm_nav.ros.manipulator_parameters import MANIPULATOR_PARAMETERS, manipulator_settings
from vlm_nav.ros.simulator_parameters import SIMULATOR_PARAMETERS, simulator_choice
from vlm_nav.sim.robot.robot_description import robot_description
from vlm_nav.sim.robot.robot_sizes import default_sizes

pytestmark = pytest.mark.ros
ROOT = Path(__file__).resolve().parents[2]
HAND = ROOT / 'config' / 'simulated_hand.yaml'
SIMULATE = ROOT / 'launch' / 'simulate.launch.py'


def hand_values() -> dict[str, object]:
    """Return what the file of the simulated hand sets, by the parameters' names."""
    told = yaml.safe_load(HAND.read_text())['/**']['ros__parameters']
    values: dict[str, object] = {}
    for name, value in told.items():
        inner = value.items() if isinstance(value, dict) else ()
        values |= {f'{name}.{one}': of_one for one, of_one in inner} or {name: value}
    return values


def parameters_of(start: Start) -> dict[str, object]:
    """Return the parameters that a process is given."""
    file = start.command[start.command.index('--params-file') + 1]
    (node,) = yaml.safe_load(Path(file).read_text()).values()
    values: dict[str, object] = node['ros__parameters']
    return values


def test_without_arguments_the_simulator_is_started_as_it_is_by_itself(tmp_path: Path) -> None:
    (start,) = launch(SIMULATE, {}, tmp_path)
    assert start.command[0].endswith('lib/vlm_nav/simulator')
    given = parameters_of(start)
    defaults = {entry.name: entry.default for entry in SIMULATOR_PARAMETERS}
    assert given == {name: defaults[name] for name in given}
    assert {type(given[name]) for name in ('seed', 'answers_port')} == {int}


def test_its_arguments_reach_it_and_its_topics_may_be_named(tmp_path: Path) -> None:
    arguments = {
        'namespace': 'house', 'seed': '7', 'use_nav2': 'true', 'start': '1.0 2.0 90.0',
        'image': '/front/image', 'cmd_vel': 'nav/cmd_vel',
    }  # fmt: skip
    (start,) = launch(SIMULATE, arguments, tmp_path)
    for word in ('__ns:=/house', '/tf:=tf', 'camera/color/image_raw:=/front/image'):
        assert word in start.command
    assert 'cmd_vel:=nav/cmd_vel' in start.command
    given = parameters_of(start)
    assert (given['seed'], given['use_nav2'], given['start']) == (7, True, '1.0 2.0 90.0')
    values = {entry.name: entry.default for entry in SIMULATOR_PARAMETERS} | given
    assert problems(SIMULATOR_PARAMETERS, values) == []
    assert simulator_choice(values).start.x_m == 1.0


def test_a_hand_is_started_beside_it_with_the_sizes_of_the_simulated_one(tmp_path: Path) -> None:
    given = {'hand': 'true', 'hand_params_file': str(HAND), 'image': '/front/image'}
    simulator, manipulator = launch(SIMULATE, given, tmp_path)
    assert 'camera/color/image_raw:=/front/image' in simulator.command
    assert 'image:=/front/image' in manipulator.command
    assert str(HAND) in manipulator.command
    assert parameters_of(manipulator) == {'use_sim_time': True}
    values = {entry.name: entry.default for entry in MANIPULATOR_PARAMETERS} | hand_values()
    assert problems(MANIPULATOR_PARAMETERS, values) == []
    settings = manipulator_settings(values)
    assert settings.gripper == gripper_of_robot()
    assert (settings.arm, settings.grasp) == (ARM, GRASP)
    assert settings.tip_frame in robot_description(default_sizes())
    assert settings.controllers.trajectory_action == TRAJECTORY_ACTION
    assert settings.controllers.gripper_action == GRIPPER_ACTION


def test_rviz_is_asked_for_with_a_configuration_that_is_there(tmp_path: Path) -> None:
    # It comes with ROS 2 from apt only.
    with pytest.raises(LaunchError, match="no package 'rviz2'"):
        launch(SIMULATE, {'rviz': 'true'}, tmp_path)
    shown = yaml.safe_load((ROOT / 'rviz' / 'simulate.rviz').read_text())
    names = [display['Name'] for display in shown['Visualization Manager']['Displays']]
    assert {'Scan', 'Camera', 'Goal', 'Global costmap'} <= set(names)
    assert len(names) == len(set(names))


def test_nothing_of_the_product_names_what_is_true_in_the_simulation() -> None:
    files = [*(ROOT / 'vlm_nav').rglob('*.py'), *(ROOT / 'launch').glob('*.py')]
    named = [file.name for file in files if 'ground_truth' in file.read_text('utf-8')]
    assert sorted(named) == ['simulator.py', 'simulator_outputs.py']
