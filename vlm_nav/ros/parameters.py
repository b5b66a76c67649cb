"""Parameters as a table: name, default, what it is, and what may be set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

Value: TypeAlias = bool | int | float | str


@dataclass(frozen=True)
class Parameter:
    """One parameter; `least` and `most` bound a number, `one_of` names the texts that are known.

    The unit is the name's last part: `_s`, `_m`, `_px`.
    """

    name: str
    default: Value
    description: str
    least: float | None = None
    most: float | None = None
    one_of: tuple[str, ...] = ()

    def descriptor(self) -> ParameterDescriptor:
        """Return the descriptor that ROS shows and enforces."""
        described = ParameterDescriptor(description=self.description)
        if self.one_of:
            described.additional_constraints = f'one of: {", ".join(self.one_of)}'
        if self.least is None or self.most is None:
            return described
        if isinstance(self.default, int):
            bounds = IntegerRange(from_value=int(self.least), to_value=int(self.most), step=0)
            described.integer_range = [bounds]
        else:
            bounds = FloatingPointRange(from_value=float(self.least), to_value=float(self.most))
            described.floating_point_range = [bounds]
        return described

    def problem(self, value: Any) -> str | None:
        """Return why a value that ROS took may not be used, None where it may."""
        if self.one_of and value not in self.one_of:
            return f'{self.name} is one of {", ".join(self.one_of)}, got {value!r}'
        return None


def declare(node: Node, table: tuple[Parameter, ...]) -> None:
    """Declare every parameter of the table; rclpy raises where a given value is out of range."""
    for parameter in table:
        node.declare_parameter(parameter.name, parameter.default, parameter.descriptor())


def read(node: Node, table: tuple[Parameter, ...]) -> dict[str, Any]:
    """Return the values now, by name."""
    return {entry.name: node.get_parameter(entry.name).value for entry in table}


def problems(table: tuple[Parameter, ...], values: dict[str, Any]) -> list[str]:
    """Return what is wrong with the values, one line each."""
    found = (entry.problem(values[entry.name]) for entry in table if entry.name in values)
    return [problem for problem in found if problem is not None]
