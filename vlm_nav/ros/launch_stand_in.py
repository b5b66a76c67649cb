"""Runs this package's launch files where ROS 2's `launch` is not installed.

    python -m vlm_nav.ros.launch_stand_in navigate.launch.py image:=/camera/image

It knows the few names of `launch` and `launch_ros` that the launch files here use, in their
meaning there, and refuses anything else. Where `launch` imports, use `ros2 launch`.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from ament_index_python.packages import get_package_share_directory

from vlm_nav.ros.launch_reading import launch
from vlm_nav.ros.launch_words import LaunchError

_LOOK_S = 0.05
_KILL_AFTER_S = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Launch a file of this package, or by path, until its processes end or a signal comes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given:
        sys.stderr.write('usage: launch_stand_in FILE.launch.py [name:=value ...]\n')
        return 2
    # Before anything is started: a signal must not leave processes behind.
    received: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _: received.append(signum))
    with tempfile.TemporaryDirectory(prefix='vlm_nav_launch_') as scratch:
        try:
            starts = launch(_find(given[0]), dict(_pairs(given[1:])), Path(scratch))
        except LaunchError as error:
            sys.stderr.write(f'launch_stand_in: {error}\n')
            return 2
        processes = [subprocess.Popen(start.command, env=start.environment) for start in starts]
        return _wait(processes, received)


def _wait(processes: Sequence[subprocess.Popen[bytes]], received: Sequence[int]) -> int:
    """Pass on that a signal came, and return the first status that is not 0."""
    kill_at_s: float | None = None
    while any(process.poll() is None for process in processes):
        if received and kill_at_s is None:
            kill_at_s = time.monotonic() + _KILL_AFTER_S
            _signal_all(processes, signal.SIGINT)
        if kill_at_s is not None and time.monotonic() > kill_at_s:
            _signal_all(processes, signal.SIGKILL)
        time.sleep(_LOOK_S)
    return next((process.returncode for process in processes if process.returncode), 0)


def _signal_all(processes: Iterable[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(number)


def _find(name: str) -> Path:
    path = Path(name)
    if not path.exists():
        path = Path(get_package_share_directory('vlm_nav'), 'launch', name)
    if not path.exists():
        known = ', '.join(sorted(found.name for found in path.parent.glob('*.launch.py')))
        raise LaunchError(f'there is no launch file {name!r}; known: {known}')
    return path


def _pairs(arguments: Iterable[str]) -> Iterable[tuple[str, str]]:
    for argument in arguments:
        name, separator, value = argument.partition(':=')
        if not separator:
            raise LaunchError(f'an argument has the form name:=value, got {argument!r}')
        yield name, value


if __name__ == '__main__':
    sys.exit(main())
