"""Parameters of the double of Nav2."""

from __future__ import annotations

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from vlm_nav.ros.doubles.nav2_behaviours import BEHAVIOURS


def declare_parameters(node: Node) -> None:
    """Declare them all; each may be set at any time and counts from the next goal on."""
    speed = FloatingPointRange(from_value=0.0, to_value=100.0)
    codes = IntegerRange(from_value=0, to_value=65535, step=1)
    node.declare_parameter(
        'speed_m_s',
        0.5,
        ParameterDescriptor(
            description='Speed toward the goal, m/s; at 0 it never arrives.',
            floating_point_range=[speed],
        ),
    )
    node.declare_parameter(
        'map_reach_m',
        0.0,
        ParameterDescriptor(
            description='Goals farther from the origin lie outside the map, m; 0: none does.'
        ),
    )
    node.declare_parameter(
        'behaviour',
        'normal',
        ParameterDescriptor(
            description=f'What becomes of the next goals: {", ".join(BEHAVIOURS)}.'
        ),
    )
    node.declare_parameter(
        'error_code',
        0,
        ParameterDescriptor(
            description="error_code of results instead of the behaviour's.",
            integer_range=[codes],
        ),
    )
    node.declare_parameter(
        'error_msg',
        '',
        ParameterDescriptor(description="error_msg of results instead of the behaviour's."),
    )
    node.declare_parameter(
        'lifecycle',
        '',
        ParameterDescriptor(
            description=(
                "bt_navigator's state, active or inactive; without one at the start there is no "
                'lifecycle service.'
            )
        ),
    )
