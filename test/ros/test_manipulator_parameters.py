"""The manipulator's table of parameters, its YAML file, its launch file, what values amount to."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

pytest.importorskip('rclpy')
pytest.importorskip('control_msgs')

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.picking import PickLimits
from vlm_nav.manipulation.standing import StandingSettings
from vlm_nav.manipulation.trajectory_arm import TrajectorySettings
from vlm_nav.navigation.parameters import problems
from vlm_nav.pivot.pointing import PointingSettings
from vlm_nav.ros.arm_parameters import Executor
from vlm_nav.ros.joint_trajectory_client import ControllerSettings
from vlm_nav.ros.launch_reading import launch
from vlm_nav.ros.launch_words import LaunchError
from vlm_nav.ros.lifting_parameters import box_from
from vlm_nav.ros.manipulator_parameters import (
    MANIPULATOR_PARAMETERS,
    manipulator_settings,
)
from vlm_nav.ros.parameters import descriptor_of

pytestmark = pytest.mark.ros
ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / 'config' / 'manipulator.yaml'
LAUNCH = ROOT / 'launch' / 'manipulate.launch.py'
# Commented out in the file, where they would override the launch arguments of these names.
LAUNCH_ARGUMENTS = {'autostart', 'image_transport', 'depth_transport'}
DEFAULTS = {entry.name: entry.default for entry in MANIPULATOR_PARAMETERS}


def flat(tree: dict[str, Any], prefix: str = '') -> dict[str, Any]:
    """Return nested parameters by their names with dots, as ROS reads them."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= flat(value, f'{prefix}{name}.')
        else:
            found[prefix + name] = value
    return found


def parameters_of_file() -> dict[str, Any]:
    """Return what config/manipulator.yaml sets."""
    (node,) = yaml.safe_load(FILE.read_text(encoding='utf-8')).values()
    return flat(node['ros__parameters'])


def test_the_file_holds_exactly_the_parameters_of_the_table_with_their_defaults() -> None:
    given = parameters_of_file()
    assert sorted(given) == sorted(name for name in DEFAULTS if name not in LAUNCH_ARGUMENTS)
    for name, value in given.items():
        assert type(value) is type(DEFAULTS[name]), name
        assert value == DEFAULTS[name], name


def test_the_file_says_of_every_parameter_what_the_table_says() -> None:
    lines = FILE.read_text(encoding='utf-8').splitlines()
    said = {
        re.sub(r'^\s*(# )?', '', line).partition(':')[0]: above.strip(' #')
        for above, line in itertools.pairwise(lines)
        if above.strip().startswith('#') and ': ' in line
    }
    for entry in MANIPULATOR_PARAMETERS:
        words = said[entry.name.rpartition('.')[2]]
        assert words.startswith(entry.description), entry.name
        assert all(text in words for text in entry.one_of), entry.name


def test_every_parameter_is_named_once_and_described_and_its_default_is_taken() -> None:
    assert len(DEFAULTS) == len(MANIPULATOR_PARAMETERS)
    assert problems(MANIPULATOR_PARAMETERS, DEFAULTS) == []
    for entry in MANIPULATOR_PARAMETERS:
        assert descriptor_of(entry).description == entry.description
        assert len(entry.description) > 5, entry.name
        if entry.least is not None and entry.most is not None:
            assert isinstance(entry.default, (int, float))
            assert entry.least <= entry.default <= entry.most, entry.name


def test_the_defaults_are_those_of_the_rooms_below() -> None:
    settings = manipulator_settings(DEFAULTS)
    assert settings.executor is Executor.PUBLISH
    assert settings.limits == PickLimits()
    assert settings.gripper == GripperSizes()
    assert settings.pointing == PointingSettings()
    assert settings.arm == TrajectorySettings()
    assert settings.controllers == ControllerSettings()
    assert settings.eyes.costmap_topics == ()
    assert settings.grasp == GraspSettings()
    assert settings.own_boxes == ()
    assert settings.standing == StandingSettings()
    assert settings.base_frame == settings.eyes.sight.map_frame == 'base_link'


def test_what_is_set_reaches_the_rooms_below() -> None:
    values = {
        **DEFAULTS, 'executor': 'follow_joint_trajectory', 'arm.joint_speed_rad_s': 1.5,
        'gripper.opening_m': 0.11, 'pointing.closer_looks': 2, 'pivot.rounds': 1,
        'arm.gripper_action': '', 'base_frame': 'arm_base', 'workspace': '0 -1 0, 1 1 0.5',
        'robot_boxes': ['-1 -1 0, 0.1 1 2'], 'picture_age_s': 9.0, 'odom_frame': 'world',
        'base_moved_m': 0.02, 'base_turned_rad': 0.1,
    }  # fmt: skip
    settings = manipulator_settings(values)
    assert settings.executor is Executor.FOLLOW_JOINT_TRAJECTORY
    assert settings.arm.joint_speed_rad_s == 1.5
    assert settings.gripper.opening_m == 0.11
    assert (settings.pointing.closer_looks, settings.pivot.rounds) == (2, 1)
    assert settings.controllers.gripper_action == ''
    assert settings.base_frame == 'arm_base'
    assert settings.grasp.workspace_low_m == (0.0, -1.0, 0.0)
    assert settings.grasp.workspace_high_m == (1.0, 1.0, 0.5)
    (box,) = settings.own_boxes
    assert np.array_equal(box, ((-1, -1, 0), (0.1, 1, 2)))
    assert settings.lift.maximum_age_s == 9.0
    assert settings.standing == StandingSettings('world', 0.02, 0.1)
    assert settings.eyes.synchroniser.maximum_age_s == DEFAULTS['maximum_age_s']


def test_records_are_kept_where_it_is_said_and_hold_no_secret_of_the_url() -> None:
    url = 'https://user:hunter2@example.org/v1'
    settings = manipulator_settings({**DEFAULTS, 'vlm.base_url': url})
    assert 'hunter2' not in str(settings.records.values)
    assert settings.records.values['executor'] == 'publish'
    assert settings.records.folder == Path.home() / '.ros' / 'vlm_nav'
    assert manipulator_settings({**DEFAULTS, 'records.folder': ''}).records.folder is None


def test_where_depth_is_missing_a_plane_is_given_only_where_that_is_asked_for() -> None:
    settings = manipulator_settings({**DEFAULTS, 'plane_height_m': 0.7})
    assert settings.lift.plane is None
    assert not settings.eyes.synchroniser.depth_may_miss
    asked = {**DEFAULTS, 'without_depth': 'plane', 'plane_height_m': 0.7, 'history_pictures': 60}
    settings = manipulator_settings(asked)
    assert settings.lift.plane is not None
    assert settings.lift.plane.height_m((3.0, 2.0, 0.7)) == pytest.approx(0.0)
    assert settings.eyes.synchroniser.depth_may_miss
    assert settings.eyes.synchroniser.queue_length == 60


NO_BOXES = (
    '', '0 0 0', '0 0 0, 1 1', '0 0 0, 1 1 0', 'a b c, 1 1 1', '0 0 nan, 1 1 1',
    '0 0 0, 1 1 inf', '0 0 0, 1 1 1, 2 2 2',
)  # fmt: skip


@pytest.mark.parametrize('text', NO_BOXES)
def test_a_workspace_that_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        box_from(text)


def test_the_launch_file_starts_the_manipulator_and_its_arguments_reach_it(
    tmp_path: Path,
) -> None:
    arguments = {'namespace': 'arm1', 'image': '/hand/image', 'params_file': str(FILE)}
    (start,) = launch(LAUNCH, arguments, tmp_path)
    assert start.command[0].endswith('lib/vlm_nav/manipulator')
    for word in ('__ns:=/arm1', 'image:=/hand/image', '/tf:=tf', 'joint_states:=joint_states'):
        assert word in start.command


def test_rviz_is_asked_for_with_a_configuration_that_is_there(tmp_path: Path) -> None:
    # It comes with ROS 2 from apt only.
    with pytest.raises(LaunchError, match="no package 'rviz2'"):
        launch(LAUNCH, {'rviz': 'true', 'params_file': str(FILE)}, tmp_path)
    shown = yaml.safe_load((ROOT / 'rviz' / 'manipulate.rviz').read_text())
    displays = shown['Visualization Manager']['Displays']
    names = [display['Name'] for display in displays]
    assert {'Grasps', 'Grasp', 'Annotated picture', 'Release of the grasp'} <= set(names)
    assert 'navigator' not in str(displays)
