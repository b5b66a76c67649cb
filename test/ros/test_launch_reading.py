"""Which processes a launch file starts, as the stand-in for ROS 2's launch reads it."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from launch_files import after, written_launch_file

pytest.importorskip('rclpy')
pytest.importorskip('ament_index_python')

from vlm_nav.ros.launch_reading import Start, launch
from vlm_nav.ros.launch_words import LaunchError

pytestmark = pytest.mark.ros
NODE = """
    Node(
        package='vlm_nav',
        executable='navigator',
        name='one',
        namespace=LaunchConfiguration('namespace'),
        parameters=[
            '/some/file.yaml',
            {'yes': LaunchConfiguration('yes'), 'small': 1e-07, 'list': [1, 2], 'text': 'a b'},
        ],
        remappings=[('/tf', 'tf'), ('image', LaunchConfiguration('image'))],
        arguments=['--ros-args', '--log-level', 'info'],
        respawn=LaunchConfiguration('respawn'),
    ),
"""
ARGUMENTS = """
    DeclareLaunchArgument('namespace', default_value=''),
    DeclareLaunchArgument('yes', default_value='true'),
    DeclareLaunchArgument('image', default_value='camera/image'),
    DeclareLaunchArgument('respawn', default_value='false'),
"""


@pytest.fixture
def launch_file(tmp_path: Path) -> Callable[..., Path]:
    """Give a writer of launch files with what they launch."""
    return functools.partial(written_launch_file, tmp_path)


def started(file: Path, scratch: Path, **given: str) -> list[Start]:
    """Return what a launch file starts."""
    return launch(file, given, scratch)


def test_a_node_becomes_the_command_line_that_launch_ros_builds(
    launch_file: Callable[..., Path], tmp_path: Path
) -> None:
    (start,) = started(launch_file(ARGUMENTS + NODE), tmp_path, namespace='robot1', image='/cam')
    assert start.command[0].endswith('lib/vlm_nav/navigator')
    assert start.command[1:5] == ['--ros-args', '--log-level', 'info', '--ros-args']
    assert after(start.command, '-r') == [
        '__node:=one', '__ns:=/robot1', '/tf:=tf', 'image:=/cam',
    ]  # fmt: skip
    assert after(start.command, '--params-file')[0] == '/some/file.yaml'


def test_without_a_namespace_none_is_set(launch_file: Callable[..., Path], tmp_path: Path) -> None:
    (start,) = started(launch_file(ARGUMENTS + NODE), tmp_path)
    assert not any('__ns' in word for word in start.command)


def test_dictionaries_become_parameters_with_types(
    launch_file: Callable[..., Path], tmp_path: Path
) -> None:
    (start,) = started(launch_file(ARGUMENTS + NODE), tmp_path, yes='false')
    file = Path(after(start.command, '--params-file')[1])
    assert file.is_relative_to(tmp_path)
    (node,) = yaml.safe_load(file.read_text()).values()
    assert node['ros__parameters'] == {'yes': False, 'small': 1e-07, 'list': [1, 2], 'text': 'a b'}


def test_a_parameter_without_a_value_is_refused_as_by_launch_ros(
    launch_file: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(LaunchError, match='a parameter has a value, got an empty text'):
        started(launch_file(ARGUMENTS + NODE), tmp_path, yes='')


def test_a_variable_holds_for_what_is_started_after_it(
    launch_file: Callable[..., Path], tmp_path: Path
) -> None:
    setting = "SetEnvironmentVariable('TESTED', '1'),"
    first, second = started(launch_file(ARGUMENTS + NODE + setting + NODE), tmp_path)
    assert 'TESTED' not in first.environment
    assert second.environment['TESTED'] == '1'
    assert 'TESTED' not in os.environ


@pytest.mark.parametrize(
    ('text', 'launched'),
    [('true', 1), ('True', 1), (' 1', 1), ('false', 0), ('FALSE', 0), ('0', 0)],
)
def test_a_node_with_a_condition_is_launched_where_it_holds(
    launch_file: Callable[..., Path], tmp_path: Path, text: str, launched: int
) -> None:
    condition = "condition=IfCondition(LaunchConfiguration('yes')),"
    node = NODE.replace("name='one',", f"name='one', {condition}")
    assert len(started(launch_file(ARGUMENTS + node), tmp_path, yes=text)) == launched


@pytest.mark.parametrize(
    ('entities', 'given', 'words'),
    [
        (ARGUMENTS, {'imgae': 'x'}, ['imgae', 'known: image, namespace, respawn, yes']),
        (NODE, {}, ['respawn', 'not declared', 'known: ']),
        (ARGUMENTS + NODE, {'respawn': 'true'}, ['respawn', 'not known']),
        (ARGUMENTS + NODE, {'yes': '['}, ['YAML', "'['"]),
        (
            ARGUMENTS + NODE.replace("name='one',", "condition=IfCondition('perhaps'),"),
            {},
            ['true, 1, false, 0', "'perhaps'"],
        ),
        ('Strange(),', {}, ['Strange', 'DeclareLaunchArgument, Node, SetEnvironmentVariable']),
        ("Node(package='vlm_nav', executable='no_such'),", {}, ['no executable', 'no_such']),
        ("Node(package='no_such', executable='x'),", {}, ['no package', "'no_such'"]),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(
    launch_file: Callable[..., Path],
    tmp_path: Path,
    entities: str,
    given: dict[str, str],
    words: list[str],
) -> None:
    file = launch_file(entities, 'class Strange: pass')
    with pytest.raises(LaunchError) as refused:
        launch(file, given, tmp_path)
    for word in words:
        assert word in str(refused.value)


def test_an_import_that_the_stand_in_does_not_know_is_refused(
    launch_file: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(LaunchError, match='TimerAction'):
        launch(launch_file('', 'from launch.actions import TimerAction'), {}, tmp_path)


def test_modules_of_the_same_name_are_back_after_a_launch_file_was_read(
    launch_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = object()
    monkeypatch.setitem(sys.modules, 'launch', own)
    launch(launch_file(''), {}, tmp_path)
    assert sys.modules['launch'] is own
    assert 'launch_ros.actions' not in sys.modules or importlib.util.find_spec('launch_ros')
