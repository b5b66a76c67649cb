"""Runs this package's launch files where ROS 2's `launch` is not installed.

    python -m vlm_nav.ros.launch_stand_in navigate.launch.py image:=/camera/image

It knows the few names of `launch` and `launch_ros` that the launch files here use, in their
meaning there, and refuses anything else. Where `launch` imports, use `ros2 launch`.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from ament_index_python.packages import (
    PackageNotFoundError,
    get_package_prefix,
    get_package_share_directory,
)

from vlm_nav.core.errors import VlmNavError

_LOOK_S = 0.05
_KILL_AFTER_S = 10.0
_TRUTHS = {'true': True, '1': True, 'false': False, '0': False}


class LaunchError(VlmNavError):
    """A launch file asks for what the stand-in does not know, or an argument is wrong."""


@dataclass(frozen=True)
class LaunchConfiguration:
    """The value of a launch argument, by name."""

    name: str

    def perform(self, values: Mapping[str, str]) -> str:
        """Return the value; raises LaunchError for an argument that nobody declared."""
        if self.name not in values:
            known = ', '.join(sorted(values))
            raise LaunchError(f'launch argument {self.name!r} is not declared; known: {known}')
        return values[self.name]


@dataclass(frozen=True)
class DeclareLaunchArgument:
    """An argument with its default."""

    name: str
    default_value: str = ''
    description: str = ''


@dataclass(frozen=True)
class SetEnvironmentVariable:
    """A variable for every process that is started after it."""

    name: str
    value: str


@dataclass(frozen=True)
class IfCondition:
    """Whether something is launched: `true` or `1` for yes, `false` or `0` for no."""

    expression: str | LaunchConfiguration

    def holds(self, values: Mapping[str, str]) -> bool:
        """Return whether the expression says yes; raises LaunchError where it says neither."""
        text = _text(self.expression, values)
        if text.strip().lower() not in _TRUTHS:
            raise LaunchError(f'a condition is one of {", ".join(_TRUTHS)}, got {text!r}')
        return _TRUTHS[text.strip().lower()]


@dataclass(frozen=True)
class Node:
    """A node's process, with the arguments of launch_ros.actions.Node that are known here."""

    package: str
    executable: str
    name: str = ''
    namespace: str | LaunchConfiguration = ''
    output: str = 'log'
    parameters: Sequence[Any] = ()
    remappings: Sequence[tuple[Any, Any]] = ()
    arguments: Sequence[Any] = ()
    respawn: Any = False
    respawn_delay: float = 0.0
    condition: IfCondition | None = None


@dataclass(frozen=True)
class LaunchDescription:
    """What is launched, in order."""

    entities: Sequence[Any] = field(default_factory=tuple)


@dataclass(frozen=True)
class Start:
    """A process to be started: its command line, and the environment that it gets."""

    command: list[str]
    environment: dict[str, str]


def launch(file: Path, given: Mapping[str, str], scratch: Path) -> list[Start]:
    """Return the processes that a launch file describes; `given` are its arguments.

    Parameters that the file gives as dictionaries are written into files in `scratch`. Raises
    LaunchError for arguments that it does not declare, or actions that are not known.
    """
    description = _load(file).generate_launch_description()
    values = _argument_values(description.entities, given)
    environment = dict(os.environ)
    starts = []
    for entity in description.entities:
        if isinstance(entity, SetEnvironmentVariable):
            environment[entity.name] = entity.value
        elif isinstance(entity, Node):
            if entity.condition is not None and not entity.condition.holds(values):
                continue
            starts.append(Start(command_of(entity, values, scratch), dict(environment)))
        elif not isinstance(entity, DeclareLaunchArgument):
            raise LaunchError(
                f'{type(entity).__name__} is not known to the stand-in; '
                'known: DeclareLaunchArgument, Node, SetEnvironmentVariable'
            )
    return starts


def command_of(node: Node, values: Mapping[str, str], scratch: Path) -> list[str]:
    """Return the command line that starts a node, as launch_ros builds it."""
    if _yaml(_text(node.respawn, values)):
        raise LaunchError('respawn is not known to the stand-in: leave use_respawn false')
    try:
        prefix = Path(get_package_prefix(node.package))
    except PackageNotFoundError as error:
        raise LaunchError(f'there is no package {node.package!r}: {error}') from error
    executable = prefix / 'lib' / node.package / node.executable
    if not os.access(executable, os.X_OK):
        raise LaunchError(f'there is no executable {executable}')
    command = [str(executable), *(_text(item, values) for item in node.arguments), '--ros-args']
    if node.name:
        command += ['-r', f'__node:={node.name}']
    namespace = _text(node.namespace, values)
    if namespace:
        command += ['-r', f'__ns:=/{namespace.strip("/")}']
    for parameters in node.parameters:
        command += ['--params-file', _parameters_file(parameters, values, scratch)]
    for before, after in node.remappings:
        command += ['-r', f'{_text(before, values)}:={_text(after, values)}']
    return command


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


def _load(file: Path) -> Any:
    """Import a launch file with the stand-ins in place of the modules that it imports."""
    stand_ins: dict[str, dict[str, Any]] = {
        'launch': {'LaunchDescription': LaunchDescription},
        'launch.actions': {
            'DeclareLaunchArgument': DeclareLaunchArgument,
            'SetEnvironmentVariable': SetEnvironmentVariable,
        },
        'launch.conditions': {'IfCondition': IfCondition},
        'launch.substitutions': {'LaunchConfiguration': LaunchConfiguration},
        'launch_ros': {},
        'launch_ros.actions': {'Node': Node},
    }
    before = {name: sys.modules[name] for name in stand_ins if name in sys.modules}
    for name, contents in stand_ins.items():
        module = ModuleType(name)
        vars(module).update(contents)
        sys.modules[name] = module
    try:
        return _imported(file)
    except ImportError as error:
        raise LaunchError(f'{file} imports what the stand-in does not know: {error}') from error
    finally:
        for name in stand_ins:
            del sys.modules[name]
        sys.modules.update(before)


def _imported(file: Path) -> Any:
    specification = importlib.util.spec_from_file_location('launch_file', file)
    if specification is None or specification.loader is None:
        raise LaunchError(f'{file} is no Python file')
    loaded = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(loaded)
    return loaded


def _argument_values(entities: Iterable[Any], given: Mapping[str, str]) -> dict[str, str]:
    declared = {
        entity.name: entity.default_value
        for entity in entities
        if isinstance(entity, DeclareLaunchArgument)
    }
    unknown = sorted(given.keys() - declared.keys())
    if unknown:
        raise LaunchError(f'unknown arguments {unknown}; known: {", ".join(sorted(declared))}')
    return {**declared, **given}


def _text(value: Any, values: Mapping[str, str]) -> str:
    return value.perform(values) if isinstance(value, LaunchConfiguration) else str(value)


def _yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LaunchError(f'a value of YAML was wanted, got {text!r}') from error


def _parameters_file(parameters: Any, values: Mapping[str, str], scratch: Path) -> str:
    """Return the path of a parameters file; a dictionary becomes one, as in launch_ros."""
    if not isinstance(parameters, Mapping):
        return _text(parameters, values)
    typed = {name: _typed(value, values) for name, value in parameters.items()}
    handle, path = tempfile.mkstemp(suffix='.yaml', dir=scratch)
    with open(handle, 'w', encoding='utf-8') as file:
        yaml.safe_dump({'/**': {'ros__parameters': typed}}, file)
    return path


def _typed(value: Any, values: Mapping[str, str]) -> Any:
    """Return a parameter's value; of launch arguments and texts, YAML decides the type."""
    if not isinstance(value, (str, LaunchConfiguration)):
        return value
    typed = _yaml(_text(value, values))
    if typed is None:
        # launch_ros takes no empty text for a parameter's value either.
        raise LaunchError('a parameter has a value, got an empty text')
    return typed


if __name__ == '__main__':
    sys.exit(main())
