"""Runs a launch file of the package: with ROS 2's launch where it is installed, else without.

python -m end_to_end.launch_file navigate.launch.py name:=value ...
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from vlm_nav.ros import launch_stand_in


def main(arguments: list[str]) -> int:
    """Launch until the processes end or a signal comes; return the status."""
    if importlib.util.find_spec('launch_ros') is None:
        return launch_stand_in.main(arguments)
    from ament_index_python.packages import get_package_share_directory
    from launch import LaunchDescription, LaunchService
    from launch.actions import IncludeLaunchDescription
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    file = Path(get_package_share_directory('vlm_nav'), 'launch', arguments[0])
    given = [tuple(argument.split(':=', 1)) for argument in arguments[1:]]
    included = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(file)), launch_arguments=given
    )
    service = LaunchService()
    service.include_launch_description(LaunchDescription([included]))
    status: int = service.run()
    return status


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
