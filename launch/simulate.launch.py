"""A simulated robot in a furnished house: ros2 launch vlm_nav simulate.launch.py seed:=7

Beside it navigate.launch.py with use_sim_time:=true, its camera topics as they are by default.
With hand:=true a manipulator is started that moves the robot's arm; template:=table shows it a
table with things to pick. With use_nav2:=true the simulator leaves navigation to a Nav2 that is
started beside it and obeys its cmd_vel; /scan, /odom, /tf, /clock and /map are there for it.
"""

import os

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from vlm_nav.sim.house.house_planning import templates

SHARE = get_package_share_directory('vlm_nav')
RVIZ = os.path.join(SHARE, 'rviz', 'simulate.rviz')
HAND_PARAMETERS = os.path.join(SHARE, 'config', 'simulated_hand.yaml')

ARGUMENTS = (
    ('namespace', '', 'namespace of the node and of its relative topics'),
    ('template', templates()[0], 'the kind of house; table: things to pick in one room'),
    ('seed', '0', 'which house of its kind, and which noise'),
    ('start', 'by_seed', "where the robot begins: by_seed, or 'x_m y_m yaw_deg'"),
    ('noise', 'true', 'depth is noisy and has holes'),
    ('drift', 'false', 'odometry drifts'),
    ('wheels', 'false', 'the base rolls on wheels, which slip'),
    ('robot', 'own', "YAML file with the robot's sizes; own: the package's"),
    ('arm', 'true', 'offer the arm, and make small things loose'),
    ('arm_tf', 'true', "tell the arm's links on tf; false: a robot_state_publisher does"),
    ('hand', 'false', 'start a manipulator beside it'),
    ('hand_params_file', HAND_PARAMETERS, 'file with the parameters of that manipulator'),
    ('rate_hz', '5.0', 'pictures a simulated second'),
    ('pace', '1.0', 'simulated seconds in a second'),
    ('clock', 'true', 'tell simulated time on /clock'),
    ('answers_port', '0', 'port of the doubles of a model; 0: any free one'),
    ('use_nav2', 'false', 'a real Nav2 drives; false: its stand-in'),
    ('cmd_vel', 'cmd_vel', 'topic of velocities with use_nav2'),
    ('cmd_vel_stamped', 'false', 'velocities bear stamps, as from Nav2 in Kilted'),
    ('log_level', 'info', 'debug, info, warn, error or fatal'),
    ('image', 'camera/color/image_raw', 'topic of the colour pictures'),
    ('camera_info', 'camera/color/camera_info', 'topic of their calibration'),
    ('depth', 'camera/depth/image_raw', 'topic of the depth pictures'),
    ('depth_camera_info', 'camera/depth/camera_info', 'topic of the calibration of the depth'),
    ('rviz', 'false', 'start RViz with the configuration of the simulator'),
)

SET_BY_ARGUMENT = (
    'template', 'seed', 'start', 'noise', 'drift', 'wheels', 'robot', 'arm', 'arm_tf', 'rate_hz',
    'pace', 'clock', 'answers_port', 'use_nav2', 'cmd_vel_stamped',
)  # fmt: skip
REMAPPED = {
    'camera/color/image_raw': 'image',
    'camera/color/camera_info': 'camera_info',
    'camera/depth/image_raw': 'depth',
    'camera/depth/camera_info': 'depth_camera_info',
    'cmd_vel': 'cmd_vel',
}


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the simulator, the manipulator and RViz."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, default, description in ARGUMENTS
    ]
    buffered = SetEnvironmentVariable('RCUTILS_LOGGING_BUFFERED_STREAM', '1')
    return LaunchDescription([*declared, buffered, simulator(), manipulator(), rviz()])


def simulator() -> Node:
    """Return the simulated robot, its topics named by the arguments."""
    return Node(
        package='vlm_nav',
        executable='simulator',
        name='simulator',
        namespace=LaunchConfiguration('namespace'),
        output='screen',
        parameters=[{name: LaunchConfiguration(name) for name in SET_BY_ARGUMENT}],
        remappings=[
            ('/tf', 'tf'),
            ('/tf_static', 'tf_static'),
            *((topic, LaunchConfiguration(name)) for topic, name in REMAPPED.items()),
        ],
        arguments=['--ros-args', '--log-level', LaunchConfiguration('log_level')],
    )


def manipulator() -> Node:
    """Return the manipulator, which looks through the robot's camera and moves its arm."""
    cameras = ('image', 'camera_info', 'depth', 'depth_camera_info')
    return Node(
        package='vlm_nav',
        executable='manipulator',
        name='manipulator',
        namespace=LaunchConfiguration('namespace'),
        output='screen',
        condition=IfCondition(LaunchConfiguration('hand')),
        parameters=[
            {'use_sim_time': LaunchConfiguration('clock')},
            LaunchConfiguration('hand_params_file'),
        ],
        remappings=[
            ('/tf', 'tf'),
            ('/tf_static', 'tf_static'),
            *((name, LaunchConfiguration(name)) for name in cameras),
        ],
        arguments=['--ros-args', '--log-level', LaunchConfiguration('log_level')],
    )


def rviz() -> Node:
    """Return RViz, which shows the robot, what it measures, and what the navigator decides."""
    return Node(
        package='rviz2',
        executable='rviz2',
        name='rviz2',
        namespace=LaunchConfiguration('namespace'),
        output='screen',
        condition=IfCondition(LaunchConfiguration('rviz')),
        arguments=['-d', RVIZ],
        parameters=[{'use_sim_time': True}],
    )
