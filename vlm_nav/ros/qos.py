"""Quality-of-service profiles by what they are for."""

from __future__ import annotations

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSProfile,
    ReliabilityPolicy,
)


def _profile(depth: int, *, reliable: bool, latched: bool = False) -> QoSProfile:
    reliability = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
    durability = DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=reliability,
        durability=durability,
    )


# Pictures and camera_info in: best effort matches every publisher.
SENSOR = _profile(5, reliable=False)
# Pictures and everything else out: reliable matches every subscriber.
OUTPUT = _profile(5, reliable=True)
# Maps and costmaps in and state out: late joiners get the last message.
LATCHED = _profile(1, reliable=True, latched=True)
# Instructions and other commands: none may be lost.
COMMAND = _profile(10, reliable=True)
# As tf2_ros subscribes them.
TF = _profile(100, reliable=True)
TF_STATIC = _profile(100, reliable=True, latched=True)
# The status topic of an action, as its server offers it.
ACTION_STATUS = _profile(1, reliable=True, latched=True)
