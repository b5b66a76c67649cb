"""What the launch file of the navigator declares and starts."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from launch_files import after

pytest.importorskip('rclpy')
pytest.importorskip('ament_index_python')

from vlm_nav.ros.launch_reading import launch, loaded

pytestmark = pytest.mark.ros
NAVIGATE = Path(__file__).resolve().parents[2] / 'launch' / 'navigate.launch.py'
STANDARD_ARGUMENTS = {
    'namespace', 'use_sim_time', 'params_file', 'autostart', 'log_level', 'use_respawn',
}  # fmt: skip


class Declared:
    """What the launch file declares and starts, read by the real launch or by the stand-in."""

    def __init__(self, reader: str, scratch: Path) -> None:
        if reader == 'stand-in':
            self._read_without(scratch)
        else:
            self._read_with_launch()

    def _read_without(self, scratch: Path) -> None:
        entities = loaded(NAVIGATE).generate_launch_description().entities
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
