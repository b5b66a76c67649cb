"""Parameters of files in ROS 2's format, read without ROS."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from vlm_nav.navigation.decision_parameters import DECIDING_PARAMETERS, LOOKING_PARAMETERS
from vlm_nav.navigation.parameter_file import (
    ParameterFileError,
    checked_values,
    value_of_words,
    values_of_file,
)
from vlm_nav.navigation.parameters import Parameter

TABLE = (
    Parameter('count', 3, 'how many', 1, 10),
    Parameter('part.length_m', 0.5, 'how long', 0.1, 2.0),
    Parameter('wanted', True, 'whether it is wanted'),
    Parameter('word', 'a', 'which word', one_of=('a', 'b')),
    Parameter('names', [''], 'which names'),
)


def file_of(tmp_path: Path, text: str) -> Path:
    """Return a file with a text."""
    path = tmp_path / 'parameters.yaml'
    path.write_text(text, encoding='utf-8')
    return path


def test_nested_parameters_are_named_with_dots(tmp_path: Path) -> None:
    path = file_of(
        tmp_path, '/**:\n  ros__parameters:\n    part:\n      length_m: 1.5\n    a: x\n'
    )
    assert values_of_file(path, 'navigator') == {'part.length_m': 1.5, 'a': 'x'}


@pytest.mark.parametrize('name', ['navigator', '/navigator', '/robot1/navigator', '/**/navigator'])
def test_the_nodes_own_section_is_over_that_for_all(tmp_path: Path, name: str) -> None:
    own = f'{name}:\n  ros__parameters: {{count: 2}}\n'
    everyone = '/**:\n  ros__parameters: {count: 1, word: b}\n'
    other = 'planner:\n  ros__parameters: {count: 9}\n'
    path = file_of(tmp_path, own + other + everyone)
    assert values_of_file(path, 'navigator') == {'count': 2, 'word': 'b'}


@pytest.mark.parametrize(
    'text',
    [
        '',
        'just words',
        '- 1\n',
        '/**: 3\n',
        '/**: {parameters: {a: 1}}\n',
        'planner:\n  ros__parameters: {a: 1}\n',
        '/**:\n  ros__parameters: !!python/object/apply:os.system ["true"]\n',
        '{{{',
        '[' * 5000,
    ],
)
def test_what_is_no_file_of_parameters_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ParameterFileError, match=re.escape(str(tmp_path))):
        values_of_file(file_of(tmp_path, text), 'navigator')


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / 'nowhere.yaml', tmp_path):
        with pytest.raises(ParameterFileError, match='a file of parameters'):
            values_of_file(path, 'navigator')


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('a:=1', ('a', 1)),
        ('a:=1.5', ('a', 1.5)),
        ('a:=true', ('a', True)),
        ('a.b:=x:=y', ('a.b', 'x:=y')),
        ("a:=''", ('a', '')),
    ],
)
def test_values_are_read_as_ros_does(words: str, expected: tuple[str, Any]) -> None:
    assert value_of_words(words) == expected


@pytest.mark.parametrize('words', ['a', 'a=1', ':=1', 'a:={', ''])
def test_words_that_assign_nothing_are_refused(words: str) -> None:
    with pytest.raises(ParameterFileError):
        value_of_words(words)


def test_what_is_not_given_has_its_default_and_what_is_unknown_is_left_out() -> None:
    values = checked_values(TABLE, {'part.length_m': 1, 'else': 2})
    assert values == {'count': 3, 'part.length_m': 1.0, 'wanted': True, 'word': 'a', 'names': ['']}
    assert isinstance(values['part.length_m'], float)


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('count', 0),
        ('count', 11),
        ('count', 2.0),
        ('count', True),
        ('count', '3'),
        ('part.length_m', 2.5),
        ('part.length_m', float('nan')),
        ('part.length_m', True),
        ('wanted', 1),
        ('word', 'c'),
        ('word', None),
        ('names', 'a'),
        ('names', ['a', 1]),
    ],
)
def test_a_value_that_its_parameter_may_not_have_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ParameterFileError, match=re.escape(name)):
        checked_values(TABLE, {name: value})


def test_the_shipped_file_gives_every_decision_its_default_but_what_is_a_launch_argument() -> None:
    file = Path(__file__).resolve().parents[2] / 'config' / 'navigator.yaml'
    table = (*LOOKING_PARAMETERS, *DECIDING_PARAMETERS)
    given = values_of_file(file, 'navigator')
    assert {entry.name for entry in table} - given.keys() == {'strategy'}
    assert checked_values(table, given) == checked_values(table, {})
