"""Values of parameters from files in ROS 2's format and from `name:=value`, without ROS."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.parameters import Parameter

_PARAMETERS = 'ros__parameters'
_LARGEST_BYTES = 1_000_000


class ParameterFileError(InvalidValueError):
    """A file holds no parameters, or a value is none that its parameter may have."""


def values_of_file(path: Path, node: str) -> dict[str, Any]:
    """Return the parameters, named with dots, that a file gives to a node.

    Those of `/**` hold for every node, those of the node's own name over them, whatever its
    namespace. Raises ParameterFileError for what is no such file.
    """
    tree = _yaml(path)
    values: dict[str, Any] = {}
    sections = [(str(name), section) for name, section in tree.items()]
    # The section that names the node comes last and wins.
    for name, section in sorted(sections, key=lambda pair: _last(pair[0]) == node):
        if _last(name) not in (node, '*', '**'):
            continue
        given = section.get(_PARAMETERS) if isinstance(section, dict) else None
        if not isinstance(given, dict):
            raise ParameterFileError(f'{path}: {name!r} has no {_PARAMETERS}')
        values |= _flat(given)
    if not values:
        raise ParameterFileError(
            f'{path}: parameters of {node!r} were wanted, it has {", ".join(map(str, tree))}'
        )
    return values


def value_of_words(words: str) -> tuple[str, Any]:
    """Return name and value of `name:=value`, the value read as YAML, as ROS 2 does."""
    name, assigned, value = words.partition(':=')
    if not (name and assigned):
        raise ParameterFileError(f'a parameter is given as name:=value, got {words!r}')
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ParameterFileError(f'{words!r}: {error}') from error


def checked_values(table: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for every parameter of the table: the given one, else its default.

    Given names that are not in the table are left out. Raises ParameterFileError for a value
    of another type or outside the range.
    """
    values = {entry.name: entry.default for entry in table}
    for entry in table:
        if entry.name in given:
            values[entry.name] = _checked(entry, given[entry.name])
    return values


def _last(name: str) -> str:
    return name.rpartition('/')[2]


def _checked(entry: Parameter, value: Any) -> Any:
    kind = type(entry.default)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if kind is float and whole:
        value = float(value)
    if type(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
        raise ParameterFileError(f'{entry.name} is a {kind.__name__}, got {value!r}')
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        raise ParameterFileError(f'{entry.name} is a list of texts, got {value!r}')
    if not _in_range(entry, value):
        raise ParameterFileError(
            f'{entry.name} lies in {entry.least:g} to {entry.most:g}, got {value!r}'
        )
    problem = entry.problem(value)
    if problem is not None:
        raise ParameterFileError(problem)
    return value


def _in_range(entry: Parameter, value: Any) -> bool:
    if entry.least is None or entry.most is None:
        return True
    return bool(entry.least <= value <= entry.most)


def _yaml(path: Path) -> dict[Any, Any]:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ParameterFileError(f'a file of parameters was wanted, {path} is too large')
        tree = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise ParameterFileError(
            f'a file of parameters was wanted, got {path}: {error}'
        ) from error
    if not isinstance(tree, dict):
        raise ParameterFileError(
            f'a file of parameters (/**: {_PARAMETERS}: ...) was wanted, {path} holds none'
        )
    return tree


def _flat(tree: Mapping[Any, Any], prefix: str = '') -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= _flat(value, f'{prefix}{name}.')
        else:
            found[f'{prefix}{name}'] = value
    return found
