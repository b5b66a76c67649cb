"""What MoveIt is asked, and what its error codes mean; its messages are read by their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geometry_msgs.msg import Pose
from std_msgs.msg import Header

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.ros.poses import pose_message

SUCCESS = 1
# By their numbers in moveit_msgs/msg/MoveItErrorCodes.
_COLLIDES = {-10: 'the start collides', -12: 'the goal collides'}
_NO_WAY = {
    -1: 'no plan was found',
    -2: 'the plan is not valid',
    -6: 'no plan was found in time',
    -31: 'no angles of the joints lead there',
    99999: 'it failed',
}
# Of those, what is only told before anything moves and of this one pose: a time-out or a failure
# may be that of a motion, and from a start that collides there is no way to any pose.
_NOT_THERE = (-1, -2, -12, -31)


@dataclass(frozen=True)
class MoveItSettings:
    """Names, and how a motion is planned.

    A free motion ends within `position_tolerance_m` and `angle_tolerance_rad` of its pose; a
    straight one is cut into steps of `step_m` and, with `avoid_collisions`, held against the scene
    that MoveIt knows. `speed_share` is that of the joints' own limits.
    """

    group: str = 'manipulator'
    move_action: str = 'move_action'
    execute_action: str = 'execute_trajectory'
    straight_service: str = 'compute_cartesian_path'
    planning_time_s: float = 5.0
    speed_share: float = 0.3
    position_tolerance_m: float = 0.005
    angle_tolerance_rad: float = 0.05
    step_m: float = 0.01
    avoid_collisions: bool = True


@dataclass(frozen=True, eq=False)
class MoveItTypes:
    """The message types that are used of moveit_msgs, and of shape_msgs that comes with it."""

    MoveGroup: Any
    ExecuteTrajectory: Any
    GetCartesianPath: Any
    Constraints: Any
    PositionConstraint: Any
    OrientationConstraint: Any
    SolidPrimitive: Any


def moveit_types() -> MoveItTypes:
    """Return the types; raises InvalidValueError where moveit_msgs is not installed."""
    try:
        from moveit_msgs.action import ExecuteTrajectory, MoveGroup
        from moveit_msgs.msg import Constraints, OrientationConstraint, PositionConstraint
        from moveit_msgs.srv import GetCartesianPath
        from shape_msgs.msg import SolidPrimitive
    except ImportError as error:
        raise InvalidValueError(
            f'executor moveit needs the package moveit_msgs, which does not import ({error}); '
            'install it with MoveIt (apt install ros-$ROS_DISTRO-moveit), or take executor '
            'follow_joint_trajectory or publish'
        ) from error
    return MoveItTypes(
        MoveGroup,
        ExecuteTrajectory,
        GetCartesianPath,
        Constraints,
        PositionConstraint,
        OrientationConstraint,
        SolidPrimitive,
    )


def move_goal(
    types: MoveItTypes, pose: FloatArray, base_frame: str, link: str, settings: MoveItSettings
) -> Any:
    """Return the goal of MoveGroup that brings a link to a pose (4, 4) of the base frame."""
    header, at = Header(frame_id=base_frame), pose_message(pose)
    place = types.PositionConstraint()
    place.header, place.link_name, place.weight = header, link, 1.0
    ball = types.SolidPrimitive()
    ball.type, ball.dimensions = types.SolidPrimitive.SPHERE, [settings.position_tolerance_m]
    place.constraint_region.primitives = [ball]
    place.constraint_region.primitive_poses = [Pose(position=at.position)]
    turned = types.OrientationConstraint()
    turned.header, turned.link_name, turned.weight = header, link, 1.0
    turned.orientation = at.orientation
    for axis in 'xyz':
        setattr(turned, f'absolute_{axis}_axis_tolerance', settings.angle_tolerance_rad)
    wanted = types.Constraints()
    wanted.position_constraints, wanted.orientation_constraints = [place], [turned]
    goal = types.MoveGroup.Goal()
    request = goal.request
    request.group_name = settings.group
    request.goal_constraints = [wanted]
    request.num_planning_attempts = 1
    request.allowed_planning_time = settings.planning_time_s
    request.max_velocity_scaling_factor = settings.speed_share
    request.max_acceleration_scaling_factor = settings.speed_share
    # From where the arm is, and carried out as soon as it is planned.
    request.start_state.is_diff = True
    goal.planning_options.plan_only = False
    return goal


def straight_request(
    types: MoveItTypes, pose: FloatArray, base_frame: str, link: str, settings: MoveItSettings
) -> Any:
    """Return the request for a straight way of a link to a pose (4, 4) of the base frame."""
    request = types.GetCartesianPath.Request()
    request.header = Header(frame_id=base_frame)
    request.group_name, request.link_name = settings.group, link
    request.start_state.is_diff = True
    request.waypoints = [pose_message(pose)]
    request.max_step = settings.step_m
    request.avoid_collisions = settings.avoid_collisions
    for name in ('max_velocity_scaling_factor', 'max_acceleration_scaling_factor'):
        # Humble's has none.
        if hasattr(request, name):
            setattr(request, name, settings.speed_share)
    return request


def finds_no_way(code: int) -> bool:
    """Return whether an error code says that nothing moved and another pose may do."""
    return code in _NOT_THERE


def reason_of(code: int) -> tuple[HandReason, str]:
    """Return what an error code of MoveIt means, and in words."""
    if code in _COLLIDES:
        return HandReason.IN_COLLISION, f'MoveIt: {_COLLIDES[code]} ({code})'
    if code in _NO_WAY:
        return HandReason.UNREACHABLE, f'MoveIt: {_NO_WAY[code]} ({code})'
    return HandReason.ARM_ABORTED, f'MoveIt ended it with code {code}'
