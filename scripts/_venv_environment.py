"""Run at each start of the environment's python: what a sourced ROS 2 would have set.

Only variables that are not set are filled in, so everything can be chosen from outside.
"""

import os
import sys

_PROFILES = os.path.join(sys.prefix, 'share', 'vlm_nav', 'config', 'fastdds_shm.xml')
# Kilted's Fast DDS warns about the older name.
_PROFILES_VARIABLE = {
    'jazzy': 'FASTRTPS_DEFAULT_PROFILES_FILE',
    'kilted': 'FASTDDS_DEFAULT_PROFILES_FILE',
}['@DISTRO@']

for _name, _value in {
    'AMENT_PREFIX_PATH': sys.prefix,
    'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
    'ROS_DISTRO': '@DISTRO@',
    _PROFILES_VARIABLE: _PROFILES,
}.items():
    os.environ.setdefault(_name, _value)
