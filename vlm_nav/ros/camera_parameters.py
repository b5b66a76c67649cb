"""The parameters of each camera, and the cameras that they amount to.

The first camera keeps the topics of a robot with one camera (`image`, `depth`, ...), which are
remapped. Each further camera NAME has topics of its own (`NAME/image`, ...), remapped too or
named by parameters (`NAME.image`, ...).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rclpy.exceptions import InvalidTopicNameException
from rclpy.validate_full_topic_name import validate_full_topic_name

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.parameters import Parameter
from vlm_nav.ros.camera_eye import CameraSettings

IMAGE_TRANSPORTS = ('raw', 'compressed')
DEPTH_TRANSPORTS = ('raw', 'compressedDepth', 'none')
SAME = 'same'
MOST_CAMERAS = 8

CAMERAS_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('cameras', ['front'], 'names of the cameras; a look has the stamp of the first'),
    Parameter('require_all_cameras', True, 'hold where a camera is silent; false: only the first'),
    Parameter('image_transport', 'raw', 'how pictures come', one_of=IMAGE_TRANSPORTS),
    Parameter('depth_transport', 'raw', 'how depth comes', one_of=DEPTH_TRANSPORTS),
)
"""What is known before the cameras are named, and holds for the first of them."""

_TOPICS = {
    'image': 'topic of its colour pictures',
    'camera_info': 'topic of their calibration',
    'depth': 'topic of its depth pictures',
    'depth_camera_info': 'topic of the calibration of its depth',
}
_NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]*')


def checked_camera_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names; raise InvalidValueError where one can be no part of a topic's name."""
    unfit = [name for name in names if not _NAME.fullmatch(name)]
    if unfit:
        raise InvalidValueError(
            f'a camera is named by letters, digits and _, a letter first, got {unfit[0]!r}'
        )
    if not 0 < len(names) <= MOST_CAMERAS or len(set(names)) < len(names):
        raise InvalidValueError(
            f'cameras are 1 to {MOST_CAMERAS} different names, got {", ".join(names) or "none"}'
        )
    return tuple(names)


def further_camera_parameters(names: Sequence[str]) -> tuple[Parameter, ...]:
    """Return the parameters of all cameras but the first; the names are those of `cameras`."""
    return tuple(
        parameter for name in checked_camera_names(names)[1:] for parameter in _parameters_of(name)
    )


def cameras_from(values: Mapping[str, Any]) -> tuple[CameraSettings, ...]:
    """Return the cameras that the values of all their parameters amount to.

    Raises InvalidValueError for names of cameras or topics that ROS does not know.
    """
    first, *further = checked_camera_names(values['cameras'])
    transports = {name: values[name] for name in ('image_transport', 'depth_transport')}
    return (
        CameraSettings(first, **transports),
        *(_further_camera(name, values, transports) for name in further),
    )


def _further_camera(
    name: str, values: Mapping[str, Any], of_first: Mapping[str, str]
) -> CameraSettings:
    topics = {topic: values[f'{name}.{topic}'] for topic in _TOPICS}
    for parameter, topic in topics.items():
        _check_topic(f'{name}.{parameter}', topic)
    own = {transport: values[f'{name}.{transport}'] for transport in of_first}
    transports = {key: of_first[key] if value == SAME else value for key, value in own.items()}
    return CameraSettings(name, **topics, **transports)


def _check_topic(parameter: str, topic: str) -> None:
    # A name that ROS would only refuse when it is subscribed to, in the midst of activating.
    private = topic.startswith('~/')
    full = topic if topic.startswith('/') else f'/{topic[2:] if private else topic}'
    try:
        validate_full_topic_name(full)
    except InvalidTopicNameException as error:
        why = str(error).partition('\n')[0].rstrip(':')
        raise InvalidValueError(
            f'{parameter} is the name of a topic, got {topic!r}: {why}'
        ) from error


def _parameters_of(name: str) -> tuple[Parameter, ...]:
    as_first = f"as image_transport, of camera {name}; {SAME}: as the first camera's"
    depth_as_first = f"as depth_transport, of camera {name}; {SAME}: as the first camera's"
    return (
        *(
            Parameter(f'{name}.{topic}', f'{name}/{topic}', f'camera {name}: {description}')
            for topic, description in _TOPICS.items()
        ),
        Parameter(f'{name}.image_transport', SAME, as_first, one_of=(SAME, *IMAGE_TRANSPORTS)),
        Parameter(
            f'{name}.depth_transport', SAME, depth_as_first, one_of=(SAME, *DEPTH_TRANSPORTS)
        ),
    )
