"""The navigator on a robot and its watchdog: ros2 launch vlm_nav navigate.launch.py image:=..."""

import os

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

DEFAULT_PARAMETERS = os.path.join(
    get_package_share_directory('vlm_nav'), 'config', 'navigator.yaml'
)

ARGUMENTS = (
    ('namespace', '', 'namespace of the node and of its relative topics'),
    ('use_sim_time', 'false', 'take time from /clock'),
    ('params_file', DEFAULT_PARAMETERS, 'file with the parameters of the navigator'),
    ('strategy', 'pivot', 'how places are chosen: pivot, imagine or hybrid'),
    ('autostart', 'true', 'activate by itself; false leaves it to a lifecycle manager'),
    ('log_level', 'info', 'debug, info, warn, error or fatal'),
    ('use_respawn', 'false', 'start the node again when it dies'),
    ('watchdog', 'true', "cancel the navigator's goal when it dies"),
    ('watchdog_timeout_s', '0.6', 'after so long a silence of the navigator, as 0.6 or 2.0'),
    ('image', 'camera/color/image_raw', 'topic of the colour pictures'),
    ('image_transport', 'raw', 'raw or compressed'),
    ('camera_info', 'camera/color/camera_info', 'topic of their calibration'),
    ('depth', 'camera/depth/image_raw', 'topic of the depth pictures'),
    ('depth_transport', 'raw', 'raw, compressedDepth or none'),
    ('depth_camera_info', 'camera/depth/camera_info', 'topic of the calibration of the depth'),
    ('global_costmap', 'global_costmap/costmap', "topic of Nav2's global costmap"),
    ('local_costmap', 'local_costmap/costmap', "topic of Nav2's local costmap"),
    ('override', 'override', "topic of a person's commands, see the parameter override"),
)

TOPICS = (
    'image',
    'camera_info',
    'depth',
    'depth_camera_info',
    'global_costmap',
    'local_costmap',
    'override',
)
SET_BY_ARGUMENT = ('use_sim_time', 'strategy', 'autostart', 'image_transport', 'depth_transport')


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the navigator and the watchdog."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, default, description in ARGUMENTS
    ]
    buffered = SetEnvironmentVariable('RCUTILS_LOGGING_BUFFERED_STREAM', '1')
    return LaunchDescription([*declared, buffered, navigator(), watchdog()])


def navigator() -> Node:
    """Return the node, its topics named by the arguments."""
    return Node(
        package='vlm_nav',
        executable='navigator',
        name='navigator',
        namespace=LaunchConfiguration('namespace'),
        output='screen',
        parameters=[
            # What the file sets stands: it comes last.
            {name: LaunchConfiguration(name) for name in SET_BY_ARGUMENT},
            LaunchConfiguration('params_file'),
        ],
        remappings=[
            ('/tf', 'tf'),
            ('/tf_static', 'tf_static'),
            *((topic, LaunchConfiguration(topic)) for topic in TOPICS),
        ],
        arguments=['--ros-args', '--log-level', LaunchConfiguration('log_level')],
        respawn=LaunchConfiguration('use_respawn'),
        respawn_delay=2.0,
    )


def watchdog() -> Node:
    """Return the watchdog, which outlives the navigator."""
    return Node(
        package='vlm_nav',
        executable='watchdog',
        name='watchdog',
        namespace=LaunchConfiguration('namespace'),
        output='screen',
        condition=IfCondition(LaunchConfiguration('watchdog')),
        parameters=[{'timeout_s': LaunchConfiguration('watchdog_timeout_s')}],
        arguments=['--ros-args', '--log-level', LaunchConfiguration('log_level')],
    )
