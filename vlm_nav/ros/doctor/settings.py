"""What of a robot is looked at: its parameters, and arguments of navigate.launch.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.decision_parameters import DecisionSettings
from vlm_nav.navigation.parameter_file import checked_values
from vlm_nav.ros.camera_parameters import (
    CAMERAS_PARAMETERS,
    cameras_from,
    further_camera_parameters,
)
from vlm_nav.ros.eyes import EyesSettings
from vlm_nav.ros.nav2_ready import RequireActive

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        'image': 'camera/color/image_raw',
        'camera_info': 'camera/color/camera_info',
        'depth': 'camera/depth/image_raw',
        'depth_camera_info': 'camera/depth/camera_info',
        'global_costmap': 'global_costmap/costmap',
        'local_costmap': 'local_costmap/costmap',
    }
)
"""Topics by the arguments of navigate.launch.py, as they are unless given."""

_TRANSPORTS = ('image_transport', 'depth_transport')
_FURTHER = ('namespace', 'use_sim_time', *_TRANSPORTS)


@dataclass(frozen=True)
class RobotSettings:
    """Where the navigator would look and drive; `topics` by the names of launch arguments."""

    eyes: EyesSettings
    look_timeout_s: float
    topics: Mapping[str, str]
    namespace: str = ''
    use_sim_time: bool = False
    require_active: RequireActive = RequireActive.AUTO
    listen_s: float = 6.0


def robot_settings(
    decision: DecisionSettings, given: Mapping[str, Any], arguments: Sequence[str]
) -> RobotSettings:
    """Return what a robot's parameters (`given`) and `name:=value` of its launch file amount to.

    Raises InvalidValueError for an argument that is unknown, and for cameras that make no sense.
    """
    launched = dict(map(_argument, arguments))
    # What the file sets stands, as in the launch file.
    values = {name: launched[name] for name in _TRANSPORTS if name in launched} | dict(given)
    cameras = checked_values(CAMERAS_PARAMETERS, values)
    further = checked_values(further_camera_parameters(cameras['cameras']), values)
    first, *others = cameras_from(cameras | further)
    eyes = EyesSettings(
        decision.synchroniser,
        decision.sight,
        first,
        tuple(others),
        require_all_cameras=cameras['require_all_cameras'],
        transform_timeout_s=float(given.get('transform_timeout_s', 0.5)),
    )
    return RobotSettings(
        eyes=eyes,
        look_timeout_s=decision.limits.look_timeout_s,
        topics={name: launched.get(name, topic) for name, topic in TOPICS.items()},
        namespace=launched.get('namespace', ''),
        use_sim_time=launched.get('use_sim_time', 'false').lower() == 'true',
        require_active=RequireActive(given.get('nav2.require_active', RequireActive.AUTO)),
    )


def _argument(words: str) -> tuple[str, str]:
    name, assigned, value = words.partition(':=')
    if not assigned or name not in (*TOPICS, *_FURTHER):
        known = ', '.join((*TOPICS, *_FURTHER))
        raise InvalidValueError(
            f'an argument of navigate.launch.py is wanted, name:=value, got {words!r}; known: '
            f'{known}'
        )
    return name, value
