"""Reads a launch file where ROS 2's `launch` is not installed: which processes it starts."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from ament_index_python.packages import PackageNotFoundError, get_package_prefix

from vlm_nav.ros.launch_words import (
    DeclareLaunchArgument,
    IfCondition,
    LaunchConfiguration,
    LaunchDescription,
    LaunchError,
    Node,
    SetEnvironmentVariable,
    text_of,
)


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
    description = loaded(file).generate_launch_description()
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
    if _yaml(text_of(node.respawn, values)):
        raise LaunchError('respawn is not known to the stand-in: leave use_respawn false')
    try:
        prefix = Path(get_package_prefix(node.package))
    except PackageNotFoundError as error:
        raise LaunchError(f'there is no package {node.package!r}: {error}') from error
    executable = prefix / 'lib' / node.package / node.executable
    if not os.access(executable, os.X_OK):
        raise LaunchError(f'there is no executable {executable}')
    command = [str(executable), *(text_of(item, values) for item in node.arguments), '--ros-args']
    if node.name:
        command += ['-r', f'__node:={node.name}']
    namespace = text_of(node.namespace, values)
    if namespace:
        command += ['-r', f'__ns:=/{namespace.strip("/")}']
    for parameters in node.parameters:
        command += ['--params-file', _parameters_file(parameters, values, scratch)]
    for before, after in node.remappings:
        command += ['-r', f'{text_of(before, values)}:={text_of(after, values)}']
    return command


def loaded(file: Path) -> Any:
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
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


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


def _yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LaunchError(f'a value of YAML was wanted, got {text!r}') from error


def _parameters_file(parameters: Any, values: Mapping[str, str], scratch: Path) -> str:
    """Return the path of a parameters file; a dictionary becomes one, as in launch_ros."""
    if not isinstance(parameters, Mapping):
        return text_of(parameters, values)
    typed = {name: _typed(value, values) for name, value in parameters.items()}
    handle, path = tempfile.mkstemp(suffix='.yaml', dir=scratch)
    with open(handle, 'w', encoding='utf-8') as file:
        yaml.safe_dump({'/**': {'ros__parameters': typed}}, file)
    return path


def _typed(value: Any, values: Mapping[str, str]) -> Any:
    """Return a parameter's value; of launch arguments and texts, YAML decides the type."""
    if not isinstance(value, (str, LaunchConfiguration)):
        return value
    typed = _yaml(text_of(value, values))
    if typed is None:
        # launch_ros takes no empty text for a parameter's value either.
        raise LaunchError('a parameter has a value, got an empty text')
    return typed
