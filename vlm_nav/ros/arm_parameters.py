"""The manipulator's parameters that are about who moves the arm, and how."""

from __future__ import annotations

from enum import Enum

from vlm_nav.manipulation.trajectory_arm import TipAxes, TrajectorySettings
from vlm_nav.navigation.parameters import Parameter, metres, seconds
from vlm_nav.ros.joint_trajectory_client import ControllerSettings
from vlm_nav.ros.moveit_goals import MoveItSettings

_ARM, _CONTROL, _MOVEIT = TrajectorySettings(), ControllerSettings(), MoveItSettings()


class Executor(str, Enum):
    """Who moves the arm: whoever takes the published poses, its controllers, or MoveIt."""

    PUBLISH = 'publish'
    FOLLOW_JOINT_TRAJECTORY = 'follow_joint_trajectory'
    MOVEIT = 'moveit'


EXECUTOR = Parameter(
    'executor',
    Executor.PUBLISH.value,
    'who moves the arm',
    one_of=tuple(item.value for item in Executor),
)

ARM_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('arm.tip_frame', 'tool0', "frame of the arm's last link in robot_description"),
    Parameter(
        'arm.tip_axes',
        _ARM.tip_axes.value,
        'which axis of tip_frame approaches; y closes the fingers',
        one_of=tuple(item.value for item in TipAxes),
    ),
    Parameter(
        'arm.tip_to_fingers_m',
        _ARM.tip_to_fingers_m,
        'from tip_frame to the place between the finger tips',
        -1.0,
        1.0,
    ),
    Parameter('arm.joint_speed_rad_s', _ARM.joint_speed_rad_s, 'how fast joints turn', 0.01, 10.0),
    metres('arm.lift_m', _ARM.lift_m, 'how high what was picked is lifted'),
    Parameter(
        'arm.travel_height_m',
        _ARM.travel_height_m,
        'before a pose tip_frame goes up so high, over, and down; 0: straight',
        0.0,
        10.0,
    ),
    Parameter(
        'arm.arm_radius_m',
        _ARM.arm_radius_m,
        'how far links reach about the lines between joints; 0: not looked at',
        0.0,
        1.0,
    ),
    Parameter('arm.trajectory_action', _CONTROL.trajectory_action, 'FollowJointTrajectory'),
    Parameter('arm.gripper_action', _CONTROL.gripper_action, 'GripperCommand; empty: none'),
    Parameter('arm.gripper_effort', _CONTROL.gripper_effort, 'largest effort', 0.0, 1000.0),
    Parameter(
        'arm.gripper_scale',
        _CONTROL.gripper_scale,
        'position of a command for each metre between the fingers',
        0.001,
        1000.0,
    ),
    seconds('arm.response_timeout_s', _CONTROL.response_timeout_s, 'wait to be accepted'),
    seconds('arm.silence_timeout_s', _CONTROL.silence_timeout_s, 'wait after the end was due'),
    seconds('arm.cancel_timeout_s', _CONTROL.cancel_timeout_s, 'wait for a cancel'),
    seconds('arm.joints_age_s', _CONTROL.joints_age_s, 'how old joint_states may be'),
    Parameter('moveit.group', _MOVEIT.group, 'planning group whose tip is arm.tip_frame'),
    Parameter('moveit.move_action', _MOVEIT.move_action, 'MoveGroup'),
    Parameter('moveit.execute_action', _MOVEIT.execute_action, 'ExecuteTrajectory'),
    Parameter('moveit.straight_service', _MOVEIT.straight_service, 'GetCartesianPath'),
    seconds('moveit.planning_time_s', _MOVEIT.planning_time_s, 'how long a plan may take'),
    Parameter(
        'moveit.speed_share',
        _MOVEIT.speed_share,
        "speed and acceleration as a share of the joints' limits",
        0.001,
        1.0,
    ),
    metres('moveit.position_tolerance_m', _MOVEIT.position_tolerance_m, 'how near a pose is met'),
    Parameter(
        'moveit.angle_tolerance_rad',
        _MOVEIT.angle_tolerance_rad,
        'how near its direction is met',
        0.001,
        3.0,
    ),
    metres('moveit.step_m', _MOVEIT.step_m, 'steps of a straight way'),
    Parameter(
        'moveit.avoid_collisions',
        _MOVEIT.avoid_collisions,
        "hold straight ways against MoveIt's scene; false where the thing itself is part of it",
    ),
)
