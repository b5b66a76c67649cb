"""A node's own status on /diagnostics."""

from __future__ import annotations

from collections.abc import Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from std_msgs.msg import Header

from vlm_nav.ros.qos import OUTPUT


class DiagnosticsOutput:
    """Publishes how a part of a node is."""

    def __init__(self, node: Node, part: str) -> None:
        """Make the publisher on `node`; `part` is named behind the node's name."""
        self._node = node
        self._part = part
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', OUTPUT)

    def __call__(self, problem: str, values: Mapping[str, str]) -> None:
        """Publish a diagnostic status; an empty `problem` means all is well."""
        status = DiagnosticStatus(
            level=DiagnosticStatus.WARN if problem else DiagnosticStatus.OK,
            name=f'{self._node.get_name()}: {self._part}',
            message=problem or 'ready',
            hardware_id=self._node.get_fully_qualified_name(),
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )
        stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(DiagnosticArray(header=Header(stamp=stamp), status=[status]))
