"""The stand-in for ROS 2's launch, and what the launch file of the package declares."""

from __future__ import annotations

import importlib.util
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip('rclpy')
pytest.importorskip('ament_index_python')

from vlm_nav.ros import launch_stand_in
from vlm_nav.ros.launch_stand_in import LaunchError, Start, launch

pytestmark = pytest.mark.ros
NAVIGATE = Path(__file__).resolve().parents[2] / 'launch' / 'navigate.launch.py'
PATIENCE_S = 20.0
STANDARD_ARGUMENTS = {
    'namespace', 'use_sim_time', 'params_file', 'autostart', 'log_level', 'use_respawn',
}  # fmt: skip
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

    def write(entities: str, head: str = '') -> Path:
        file = tmp_path / 'written.launch.py'
        file.write_text(
            'from launch import LaunchDescription\n'
            'from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable\n'
            'from launch.conditions import IfCondition\n'
            'from launch.substitutions import LaunchConfiguration\n'
            'from launch_ros.actions import Node\n'
            f'{textwrap.dedent(head)}\n'
            f'def generate_launch_description():\n    return LaunchDescription([{entities}])\n'
        )
        return file

    return write


def started(file: Path, scratch: Path, **given: str) -> list[Start]:
    """Return what a launch file starts."""
    return launch(file, given, scratch)


def after(command: list[str], option: str) -> list[str]:
    """Return what follows each occurrence of an option."""
    return [value for name, value in itertools.pairwise(command) if name == option]


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


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        ([], 'usage'),
        (['no_such.launch.py'], 'known: manipulate.launch.py, navigate.launch.py'),
        (['navigate.launch.py', 'image=x'], 'name:=value'),
        (['navigate.launch.py', 'imgae:=x'], 'known: autostart, camera_info'),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_one_line(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signal, 'signal', lambda *_: None)
    assert launch_stand_in.main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def package_with(executables: dict[str, str], prefix: Path) -> str:
    """Make a package of programs as ament installs them; return the index's search path."""
    marker = prefix / 'share' / 'ament_index' / 'resource_index' / 'packages' / 'tested'
    marker.parent.mkdir(parents=True)
    marker.touch()
    for name, code in executables.items():
        file = prefix / 'lib' / 'tested' / name
        file.parent.mkdir(parents=True, exist_ok=True)
        program = prefix / f'{name}.py'
        program.write_text(textwrap.dedent(code))
        # By a shell: what #! names may hold no space.
        file.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{program}" "$@"\n')
        file.chmod(0o755)
    return f'{prefix}{os.pathsep}{os.environ["AMENT_PREFIX_PATH"]}'


TALKS = """
    import signal, sys, time
    signal.signal(signal.SIGINT, lambda *_: sys.exit(print('interrupted', flush=True) or 3))
    print('up', *sys.argv, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_passed_on_and_what_was_written_is_removed(
    launch_file: Callable[..., Path], tmp_path: Path, number: signal.Signals
) -> None:
    path = package_with({'talks': TALKS}, tmp_path / 'prefix')
    scratch = tmp_path / 'scratch'
    scratch.mkdir()
    file = launch_file("Node(package='tested', executable='talks', parameters=[{'a': 1}]),")
    process = subprocess.Popen(
        [sys.executable, '-m', 'vlm_nav.ros.launch_stand_in', str(file)],
        env={**os.environ, 'AMENT_PREFIX_PATH': path, 'TMPDIR': str(scratch)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith('up')
        assert list(scratch.rglob('*.yaml')), 'the node has its parameters as long as it runs'
        process.send_signal(number)
        assert process.stdout.read() == 'interrupted\n'
        assert process.wait(PATIENCE_S) == 3
    assert list(scratch.iterdir()) == []


class Declared:
    """What the launch file declares and starts, read by the real launch or by the stand-in."""

    def __init__(self, reader: str, scratch: Path) -> None:
        if reader == 'stand-in':
            self._read_without(scratch)
        else:
            self._read_with_launch()

    def _read_without(self, scratch: Path) -> None:
        loaded = launch_stand_in._load(NAVIGATE)
        entities = loaded.generate_launch_description().entities
        declared = [
            entity for entity in entities if type(entity).__name__ == 'DeclareLaunchArgument'
        ]
        self.arguments = {
            entity.name: (entity.default_value, entity.description) for entity in declared
        }
        navigator, watchdog = launch(NAVIGATE, {'namespace': 'robot1'}, scratch)
        self.command, self.watchdog = navigator.command, watchdog.command
        given = {'namespace': 'robot1', 'watchdog': 'false'}
        self.unwatched = [
            Path(start.command[0]).name for start in launch(NAVIGATE, given, scratch)
        ]

    def _read_with_launch(self) -> None:
        from launch import LaunchContext
        from launch.launch_description_sources import PythonLaunchDescriptionSource
        from launch.utilities import perform_substitutions

        context = LaunchContext()
        source = PythonLaunchDescriptionSource(str(NAVIGATE))
        description = source.get_launch_description(context)
        self.arguments = {
            argument.name: (
                perform_substitutions(context, argument.default_value),
                argument.description,
            )
            for argument in description.get_launch_arguments()
        }
        for name, (default, _) in self.arguments.items():
            context.launch_configurations[name] = default
        context.launch_configurations['namespace'] = 'robot1'
        nodes = [entity for entity in description.entities if type(entity).__name__ == 'Node']
        for node in nodes:
            node._perform_substitutions(context)
        self.command, self.watchdog = (
            [perform_substitutions(context, part) for part in node.cmd] for node in nodes
        )
        context.launch_configurations['watchdog'] = 'false'
        self.unwatched = [
            node.node_executable
            for node in nodes
            if node.condition is None or node.condition.evaluate(context)
        ]


@pytest.fixture(params=['stand-in', 'launch'])
def declared(request: pytest.FixtureRequest, tmp_path: Path) -> Declared:
    """Give the launch file of the package as the stand-in and as the real launch read it."""
    if request.param == 'launch' and importlib.util.find_spec('launch_ros') is None:
        pytest.skip("ROS 2's launch is not installed here: only the stand-in is tested")
    return Declared(request.param, tmp_path)


def test_the_launch_file_declares_the_standard_arguments_with_words_and_defaults(
    declared: Declared,
) -> None:
    assert declared.arguments.keys() >= STANDARD_ARGUMENTS
    for name, (default, description) in declared.arguments.items():
        assert len(description) > 10, name
        assert default or name == 'namespace', name
    assert Path(declared.arguments['params_file'][0]).is_file()
    assert declared.arguments['use_respawn'][0] == 'false'


def test_the_launch_file_starts_the_navigator_in_the_namespace(declared: Declared) -> None:
    words = declared.command
    assert words[0].endswith('lib/vlm_nav/navigator')
    assert {'__node:=navigator', '__ns:=/robot1', '/tf:=tf', '/tf_static:=tf_static'} <= {*words}
    files = after(words, '--params-file')
    # What the file sets stands over the arguments.
    assert files[-1] == declared.arguments['params_file'][0]
    assert len(files) == 2


def test_the_launch_file_starts_the_watchdog_beside_it_unless_told_not_to(
    declared: Declared,
) -> None:
    assert declared.watchdog[0].endswith('lib/vlm_nav/watchdog')
    assert {'__node:=watchdog', '__ns:=/robot1'} <= {*declared.watchdog}
    (file,) = after(declared.watchdog, '--params-file')
    assert 'timeout_s: 0.6' in Path(file).read_text(encoding='utf-8')
    assert declared.unwatched == ['navigator']


def test_every_topic_of_the_launch_file_is_one_that_the_navigator_listens_to(
    declared: Declared,
) -> None:
    others = {'strategy', 'image_transport', 'depth_transport', 'watchdog', 'watchdog_timeout_s'}
    topics = set(declared.arguments) - STANDARD_ARGUMENTS - others
    given = {word.partition(':=')[0] for word in after(declared.command, '-r')}
    assert topics <= given


def test_the_strategy_of_the_argument_reaches_the_navigator(tmp_path: Path) -> None:
    navigator, _ = launch(NAVIGATE, {'strategy': 'hybrid'}, tmp_path)
    given, _ = after(navigator.command, '--params-file')
    assert 'strategy: hybrid' in Path(given).read_text(encoding='utf-8')


def test_a_process_that_ignores_the_interrupt_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(launch_stand_in, '_KILL_AFTER_S', 0.2)
    code = 'import signal, time; signal.signal(2, 1); print(flush=True); time.sleep(60)'
    process = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        until_s = time.monotonic() + PATIENCE_S
        status: Any = launch_stand_in._wait([process], [signal.SIGTERM])
        assert status == -signal.SIGKILL
        assert time.monotonic() < until_s
