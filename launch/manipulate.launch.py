"""The manipulator on a robot with an arm: ros2 launch vlm_nav manipulate.launch.py image:=..."""

import os

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

SHARE = get_package_share_directory('vlm_nav')
DEFAULT_PARAMETERS = os.path.join(SHARE, 'config', 'manipulator.yaml')
RVIZ = os.path.join(SHARE, 'rviz', 'manipulate.rviz')

ARGUMENTS = (
    ('namespace', '', 'namespace of the node and of its relative topics'),
    ('use_sim_time', 'false', 'take time from /clock'),
    ('params_file', DEFAULT_PARAMETERS, 'file with the parameters of the manipulator'),
    ('autostart', 'true', 'activate by itself; false leaves it to a lifecycle manager'),
    ('log_level', 'info', 'debug, info, warn, error or fatal'),
    ('use_respawn', 'false', 'start the node again when it dies'),
    ('image', 'camera/color/image_raw', 'topic of the colour pictures'),
    ('image_transport', 'raw', 'raw or compressed'),
    ('camera_info', 'camera/color/camera_info', 'topic of their calibration'),
    ('depth', 'camera/depth/image_raw', 'topic of the depth pictures'),
    ('depth_transport', 'raw', 'raw, compressedDepth or none'),
    ('depth_camera_info', 'camera/depth/camera_info', 'topic of the calibration of the depth'),
    ('joint_states', 'joint_states', "topic of the joints' angles"),
    ('robot_description', 'robot_description', 'topic of the URDF'),
    ('rviz', 'false', 'start RViz with the configuration of the manipulator'),
)

TOPICS = (
    'image',
    'camera_info',
    'depth',
    'depth_camera_info',
    'joint_states',
    'robot_description',
)
SET_BY_ARGUMENT = ('use_sim_time', 'autostart', 'image_transport', 'depth_transport')


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the manipulator and RViz."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, default, description in ARGUMENTS
    ]
    buffered = SetEnvironmentVariable('RCUTILS_LOGGING_BUFFERED_STREAM', '1')
    return LaunchDescription([*declared, buffered, manipulator(), rviz()])


def manipulator() -> Node:
    """Return the node, its topics named by the arguments."""
    return Node(
        package='vlm_nav',
        executable='manipulator',
        name='manipulator',
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


def rviz() -> Node:
    """Return RViz, which shows the grasps, what was refused, and the annotated picture."""
    return Node(
        package='rviz2',
        executable='rviz2',
        name='rviz2',
        namespace=LaunchConfiguration('namespace'),
        output='screen',
        condition=IfCondition(LaunchConfiguration('rviz')),
        arguments=['-d', RVIZ],
        parameters=[{'use_sim_time': LaunchConfiguration('use_sim_time')}],
    )
