"""The person beside the robot: gives instructions, hears decisions, calls services."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from end_to_end.processes import PATIENCE_S, Line, Told


class Human:
    """A node that talks to the navigator, or to another node that takes instructions."""

    def __init__(self, node: Any, to: str = 'navigator') -> None:
        from std_msgs.msg import String

        from vlm_nav.ros.qos import COMMAND, LATCHED

        self.node = node
        self.decisions = Told('decisions')
        self.outcomes = Told('outcomes')
        self._message = String
        self._clients: dict[str, Any] = {}
        self._instruction = node.create_publisher(String, f'{to}/instruction', COMMAND)
        for topic, told in (('decision', self.decisions), ('outcome', self.outcomes)):
            node.create_subscription(String, f'{to}/{topic}', into(told), LATCHED)

    def instruct(self, instruction: str) -> None:
        """Publish an instruction once somebody listens."""
        until_s = time.monotonic() + PATIENCE_S
        while not self._instruction.get_subscription_count():
            assert time.monotonic() < until_s, 'nobody listens to instructions'
            time.sleep(0.01)
        self._instruction.publish(self._message(data=instruction))

    def ask(self, instruction: str) -> Line:
        """Give an instruction and return the decision about it."""
        before = len(self.decisions.lines)
        self.instruct(instruction)
        return self.decisions.wait(lambda line: line['instruction'] == instruction, before)

    def call(
        self, service_type: Any, service: str, request: Any, patience_s: float = PATIENCE_S
    ) -> Any:
        """Call a service and return its response."""
        if service not in self._clients:
            self._clients[service] = self.node.create_client(service_type, service)
        client = self._clients[service]
        assert client.wait_for_service(PATIENCE_S), f'no service {service}'
        response = client.call(request, timeout_sec=patience_s)
        assert response is not None, f'{service} did not answer'
        return response


def into(told: Told) -> Callable[[Any], None]:
    """Return what takes messages of JSON in."""
    return lambda message: told.add(json.loads(message.data))
