"""Tables of parameters on a node: declared with what ROS shows and enforces, and read."""

from __future__ import annotations

from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from vlm_nav.navigation.parameters import Parameter


def descriptor_of(parameter: Parameter) -> ParameterDescriptor:
    """Return the descriptor that ROS shows and enforces."""
    described = ParameterDescriptor(description=parameter.description)
    if parameter.one_of:
        described.additional_constraints = f'one of: {", ".join(parameter.one_of)}'
    if parameter.least is None or parameter.most is None:
        return described
    least, most = parameter.least, parameter.most
    if isinstance(parameter.default, int):
        bounds = IntegerRange(from_value=int(least), to_value=int(most), step=0)
        described.integer_range = [bounds]
    else:
        bounds = FloatingPointRange(from_value=float(least), to_value=float(most))
        described.floating_point_range = [bounds]
    return described


def declare(node: Node, table: tuple[Parameter, ...]) -> None:
    """Declare every parameter of the table that is not declared yet.

    rclpy raises where a given value is out of range.
    """
    for parameter in table:
        if node.has_parameter(parameter.name):
            continue
        node.declare_parameter(parameter.name, parameter.default, descriptor_of(parameter))


def read(node: Node, table: tuple[Parameter, ...]) -> dict[str, Any]:
    """Return the values now, by name."""
    return {entry.name: node.get_parameter(entry.name).value for entry in table}
