"""Publishes moments of a recording with stamps of its own time."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, replace
from typing import Any

from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from tf2_msgs.msg import TFMessage

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.ros.doubles.bag_faults import OLD_NS, Fault, faulty
from vlm_nav.ros.doubles.bag_recording import Moment, Recording
from vlm_nav.ros.qos import OUTPUT, TF, TF_STATIC
from vlm_nav.ros.stamps import time_at


@dataclass(frozen=True)
class PlayedState:
    """Which picture is held, and what is wrong with it."""

    frame: int
    fault: Fault | None = None

    def changed(self, order: dict[str, Any]) -> PlayedState:
        """Return the state after an order; raises InvalidValueError for what is none."""
        unknown = order.keys() - {'frame', 'fault'}
        if unknown:
            raise InvalidValueError(f'frame and fault can be changed, got {sorted(unknown)}')
        frame, fault = order.get('frame', self.frame), order.get('fault', self.fault)
        known = [None, *(fault.value for fault in Fault)]
        if not isinstance(frame, int) or fault not in known:
            raise InvalidValueError(
                f'frame is a number and fault one of {known}, got {frame!r} and {fault!r}'
            )
        return replace(self, frame=frame, fault=None if fault is None else Fault(fault))

    def as_json(self) -> dict[str, Any]:
        """Return the state as it is told."""
        return {'frame': self.frame, 'fault': self.fault.value if self.fault else None}


class BagPublishing:
    """The publishers of a recording's topics, named as in the bag but relative.

    With a clock, time begins at the bag's first stamp when this object is made, and goes on as
    time does; else it is the node's ROS time.
    """

    def __init__(self, node: Node, recording: Recording, *, with_clock: bool) -> None:
        """Make the publishers and send the static transforms."""
        self._node = node
        self._recording = recording
        self._clock = node.create_publisher(Clock, '/clock', OUTPUT) if with_clock else None
        self._began_ns = time.monotonic_ns()
        self._moment: tuple[int, Moment] | None = None
        self._publishers = {
            topic: node.create_publisher(listed[0].kind, topic.lstrip('/'), OUTPUT)
            for topic, listed in recording.messages.items()
        }
        self._tf = node.create_publisher(TFMessage, '/tf', TF)
        self._tf_static = node.create_publisher(TFMessage, '/tf_static', TF_STATIC)
        self._send(self._tf_static, recording.static, self.publish_clock())

    def checked(self, state: PlayedState) -> PlayedState:
        """Return the state; raises InvalidValueError where the bag has no such picture."""
        self._moment_of(state.frame)
        return state

    def publish_clock(self) -> int:
        """Return what time it is in nanoseconds, published on /clock where that is wanted."""
        if self._clock is None:
            return int(self._node.get_clock().now().nanoseconds)
        now_ns = self._recording.start_ns + time.monotonic_ns() - self._began_ns
        self._clock.publish(Clock(clock=time_at(now_ns)))
        return now_ns

    def publish(self, state: PlayedState) -> int:
        """Publish a moment: transforms first, then pictures at their stamp; return the stamp."""
        stamp_ns = self.publish_transforms(state)
        shown_ns = stamp_ns - OLD_NS if state.fault is Fault.OLD_PICTURE else stamp_ns
        for raw in self._moment_of(state.frame).messages:
            message = faulty(raw.read(), state.fault)
            if message is not None:
                message.header.stamp = time_at(shown_ns)
                self._publishers[raw.topic].publish(message)
        return shown_ns

    def publish_transforms(self, state: PlayedState) -> int:
        """Publish the transforms of a moment as they are now; return the stamp."""
        stamp_ns = self.publish_clock()
        if state.fault is not Fault.NO_TRANSFORM:
            self._send(self._tf, self._moment_of(state.frame).transforms, stamp_ns)
        return stamp_ns

    def _moment_of(self, frame: int) -> Moment:
        if self._moment is None or self._moment[0] != frame:
            self._moment = (frame, self._recording.moment(frame))
        return self._moment[1]

    def _send(self, publisher: Any, transforms: tuple[Any, ...], stamp_ns: int) -> None:
        # Copies: the recording finds its moments by the stamps that its messages bear.
        sent = copy.deepcopy(list(transforms))
        for transform in sent:
            transform.header.stamp = time_at(stamp_ns)
        publisher.publish(TFMessage(transforms=sent))
