"""The stand-in for ROS 2's launch: its command line, and the processes that it starts."""

from __future__ import annotations

import functools
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
from launch_files import written_launch_file

pytest.importorskip('rclpy')
pytest.importorskip('ament_index_python')

from vlm_nav.ros import launch_stand_in

pytestmark = pytest.mark.ros
PATIENCE_S = 20.0


@pytest.fixture
def launch_file(tmp_path: Path) -> Callable[..., Path]:
    """Give a writer of launch files with what they launch."""
    return functools.partial(written_launch_file, tmp_path)


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
