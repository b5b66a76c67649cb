"""What colcon makes of the checkout: with its messages, and without them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

pytest.importorskip('rclpy')

from end_to_end.human import Human
from end_to_end.processes import JsonProcess

from distributions.workspace import ROOT, Workspace, copied_checkout

pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]

INTERFACES = ('--base-paths', '.', 'interfaces')
SHARED = ('config/navigator.yaml', 'config/fastdds_shm.xml', 'launch/navigate.launch.py')
SHARED += ('rviz/navigate.rviz', 'package.xml')
# Tests that need neither recorded data nor much time; the rest has run on the same code already.
QUICK_TESTS = ('test/core', 'test/choosing', 'test/messages')
LAUNCH = 'end_to_end.launch_file'
CAMERA_TOPICS = (
    'image:=camera/color/image_raw',
    'camera_info:=camera/color/camera_info',
    'depth:=camera/depth/image_raw',
)


@pytest.fixture(scope='module')
def with_messages(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give a workspace where the package and its messages are built."""
    workspace = copied_checkout(tmp_path_factory.mktemp('with_messages'))
    workspace.colcon('build', *INTERFACES)
    return workspace


@pytest.fixture(scope='module')
def without_messages(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give a workspace where a plain `colcon build` was run."""
    workspace = copied_checkout(tmp_path_factory.mktemp('without_messages'))
    workspace.colcon('build')
    return workspace


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """Give a folder for PYTHONPATH that hides the messages that scripts/setup has built."""
    (tmp_path / 'vlm_nav_msgs.py').write_text("raise ImportError('not built')\n")
    return tmp_path


def said_by_python(workspace: Workspace, code: str) -> list[str]:
    """Return the lines that a program prints in a shell that has sourced the workspace."""
    command = [sys.executable, '-c', code]
    return subprocess.check_output(
        command, cwd='/', env=workspace.sourced(), text=True
    ).splitlines()


def test_colcon_builds_the_package_and_its_messages(with_messages: Workspace) -> None:
    built = {path.name for path in (with_messages.folder / 'install').iterdir() if path.is_dir()}
    assert built == {'vlm_nav', 'vlm_nav_msgs'}
    said = said_by_python(
        with_messages,
        'import vlm_nav, vlm_nav_msgs; from vlm_nav_msgs.action import NavigateByInstruction;'
        'from ament_index_python.packages import get_package_prefix as prefix;'
        'print(vlm_nav.__file__, vlm_nav_msgs.__file__, prefix("vlm_nav"), sep="\\n")',
    )
    install = str(with_messages.folder / 'install')
    assert all(line.startswith(install) for line in said), said
    assert len(said) == 3


def test_what_ros_looks_for_is_installed(with_messages: Workspace) -> None:
    prefix = with_messages.folder / 'install' / 'vlm_nav'
    for name in SHARED:
        file = prefix / 'share' / 'vlm_nav' / name
        assert file.read_bytes() == (ROOT / name).read_bytes()
    assert (prefix / 'share/ament_index/resource_index/packages/vlm_nav').is_file()
    executables = {path.name for path in (prefix / 'lib' / 'vlm_nav').iterdir()}
    assert {'navigator', 'vlm-nav'} <= executables
    for name in executables:
        assert os.access(prefix / 'lib' / 'vlm_nav' / name, os.X_OK), name


def test_colcon_runs_the_tests_and_none_fails(with_messages: Workspace) -> None:
    with_messages.colcon('test', *INTERFACES, '--pytest-args', *QUICK_TESTS)
    with_messages.colcon('test-result', '--verbose')
    results = ElementTree.parse(with_messages.folder / 'build' / 'vlm_nav' / 'pytest.xml')
    counted = next(results.getroot().iter('testsuite')).attrib
    assert int(counted['tests']) > 100
    assert (counted['failures'], counted['errors']) == ('0', '0')


def test_plain_colcon_build_builds_the_package_alone(without_messages: Workspace) -> None:
    install = without_messages.folder / 'install'
    assert {path.name for path in install.iterdir() if path.is_dir()} == {'vlm_nav'}
    (found,) = said_by_python(without_messages, 'import vlm_nav; print(vlm_nav.__file__)')
    assert found.startswith(str(install))


@pytest.mark.skipif(
    ' ' in sys.executable,
    reason='the first line of a script holds no path with a space',
)
def test_without_its_messages_the_navigator_decides_by_topic_and_says_what_is_off(
    without_messages: Workspace, unbuilt: Path, human_node: Any
) -> None:
    environment = without_messages.sourced()
    paths = (str(unbuilt), environment['PYTHONPATH'], str(ROOT / 'test'))
    environment['PYTHONPATH'] = os.pathsep.join(paths)
    parameters = {
        'vlm.spec': 'scripted:first',
        'until_arrived': False,
        'records.folder': '',
        'dry_run': True,
        'pivot.runs': 1,
    }
    file = unbuilt / 'parameters.yaml'
    file.write_text(yaml.safe_dump({'/**': {'ros__parameters': parameters}}))
    launched = ('navigate.launch.py', *CAMERA_TOPICS, f'params_file:={file}')
    camera = JsonProcess('vlm_nav.ros.doubles.drawn_room_camera', (), environment)
    navigator = JsonProcess(LAUNCH, launched, environment)
    try:
        told = navigator.wait_log('vlm_nav_msgs')
        navigator.wait_log('active: instructions are taken')
        decision = Human(human_node).ask('go somewhere')
        services = dict(human_node.get_service_names_and_types())
    finally:
        ended = navigator.stop(), camera.stop()
    assert decision['outcome'] == 'goal', decision
    assert '~/navigate is off' in told
    assert 'colcon build --base-paths . interfaces' in told
    logs = [line['log'] for line in navigator.told.lines if 'log' in line]
    assert sum('vlm_nav_msgs' in log for log in logs) == 1, logs
    assert '/navigator/cancel' in services
    assert '/navigator/navigate/_action/send_goal' not in services
    assert ended == (0, 0)
