"""Looks through the topics of a namespace as the navigator does; needs ROS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ObservationReason, Refusal
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.ros.eyes import EyesSettings, RosEyes
from vlm_nav.ros.transforms import transform_source

TOPICS = {
    'image': 'camera/color/image_raw',
    'camera_info': 'camera/color/camera_info',
    'depth': 'camera/depth/image_raw',
    'depth_camera_info': 'camera/depth/camera_info',
}


def in_namespace(namespace: str, *rules: str) -> list[str]:
    """Return the arguments that put a node and its tf into a namespace."""
    remapped = [f'__ns:=/{namespace}', '/tf:=tf', '/tf_static:=tf_static', *rules]
    return ['--ros-args', *(word for rule in remapped for word in ('-r', rule))]


def open_eyes(
    spun: Callable[..., Any],
    namespace: str,
    settings: EyesSettings = EyesSettings(),
    **node_options: Any,
) -> RosEyes:
    """Return eyes on the topics of a namespace, open; to be made in the event loop."""
    rules = [f'{name}:={topic}' for name, topic in TOPICS.items()]
    node = spun('looking', cli_args=in_namespace(namespace, *rules), **node_options)
    eyes = RosEyes(node, transform_source(node), settings)
    eyes.open()
    return eyes


async def first_look(eyes: RosEyes, timeout_s: float) -> RgbdFrame:
    """Return the first look for which the calibration of the depth has come too."""
    deadline = Deadline.after(timeout_s)
    while True:
        try:
            return (await eyes.look(deadline)).frame
        except Refusal as refused:
            if refused.reason is not ObservationReason.BAD_CALIBRATION or deadline.expired():
                raise
