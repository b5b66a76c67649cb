"""Parameters as a table, declared on a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip('rclpy')

from rclpy.exceptions import ParameterException
from rclpy.parameter import Parameter as RclpyParameter

from vlm_nav.navigation.parameters import Parameter, problems
from vlm_nav.ros.parameters import declare, descriptor_of, read

pytestmark = pytest.mark.ros
TABLE = (
    Parameter('count', 3, 'how many', 1, 10),
    Parameter('part.length_m', 0.5, 'how long', 0.1, 2.0),
    Parameter('wanted', True, 'whether it is wanted'),
    Parameter('word', 'a', 'which word', one_of=('a', 'b')),
)


@pytest.fixture
def declared(ros_context: Any) -> Any:
    """Give a maker of nodes with the table, some values given as on a command line."""
    from rclpy.node import Node

    nodes = []

    def make(**given: Any) -> Any:
        overrides = [
            RclpyParameter(name.replace('__', '.'), value=value) for name, value in given.items()
        ]
        node = Node('tested', context=ros_context, parameter_overrides=overrides)
        nodes.append(node)
        declare(node, TABLE)
        return node

    yield make
    for node in nodes:
        node.destroy_node()


def test_declared_parameters_have_their_defaults_unless_a_value_is_given(
    declared: Callable[..., Any],
) -> None:
    assert read(declared(), TABLE) == {entry.name: entry.default for entry in TABLE}
    changed = read(declared(count=7, part__length_m=2.0, word='b'), TABLE)
    assert (changed['count'], changed['part.length_m'], changed['word']) == (7, 2.0, 'b')


def test_a_descriptor_shows_description_range_and_the_texts_that_are_known() -> None:
    count, length, wanted, word = map(descriptor_of, TABLE)
    assert count.description == 'how many'
    (whole,) = count.integer_range
    assert (whole.from_value, whole.to_value) == (1, 10)
    (bounds,) = length.floating_point_range
    assert (bounds.from_value, bounds.to_value) == (0.1, 2.0)
    assert not wanted.integer_range
    assert not wanted.floating_point_range
    assert word.additional_constraints == 'one of: a, b'


@pytest.mark.parametrize(
    'given',
    [
        {'count': 0},
        {'count': 11},
        {'count': 3.0},
        {'part__length_m': 2.01},
        {'part__length_m': float('nan')},
        {'part__length_m': float('inf')},
        {'wanted': 'yes'},
        {'word': 1},
    ],
)
def test_a_value_out_of_range_or_of_another_type_is_not_taken(
    declared: Callable[..., Any], given: dict[str, Any]
) -> None:
    with pytest.raises(ParameterException, match=next(iter(given)).replace('__', '.')):
        declared(**given)


def test_the_limits_themselves_are_taken(declared: Callable[..., Any]) -> None:
    for given in ({'count': 1}, {'count': 10}, {'part__length_m': 0.1}, {'part__length_m': 2.0}):
        values = read(declared(**given), TABLE)
        assert next(iter(given.values())) in values.values()


def test_a_text_that_is_not_known_is_named_with_those_that_are() -> None:
    assert problems(TABLE, {'word': 'b'}) == []
    (problem,) = problems(TABLE, {'word': 'c', 'count': 99, 'stranger': 'c'})
    assert problem == "word is one of a, b, got 'c'"
