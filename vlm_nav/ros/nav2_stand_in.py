"""What Nav2 offers to its clients, offered by the simulator: actions, costmaps, plan, lifecycle.

Names, types, quality of service and rates are Nav2's; what becomes of goals is up to
`sim.navigation_stand_in`. No planner server and no behavior tree is behind it.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import PoseStamped
from nav2_msgs.action import NavigateToPose, Spin
from nav_msgs.msg import OccupancyGrid, Path
from rclpy.action import ActionClient
from rclpy.node import Node

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.poses import (
    FloorPose,
    floor_pose_of,
    inverse,
    transform_from_floor_pose,
)
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.messages.stamps import NS_IN_S, stamp_ns_of
from vlm_nav.ros.grids import grid_message, path_message
from vlm_nav.ros.lifecycle_stand_in import LifecycleStandIn
from vlm_nav.ros.nav2_names import ACTION, SPIN_ACTION
from vlm_nav.ros.poses import pose_stamped
from vlm_nav.ros.qos import LATCHED, OUTPUT, SENSOR
from vlm_nav.ros.served_action import ServedAction
from vlm_nav.sim.driving.local_costmap import local_costmap
from vlm_nav.sim.driving.navigation_frames import MAP
from vlm_nav.sim.driving.navigation_stand_in import NAVIGATOR, SERVERS, NavigationStandIn
from vlm_nav.sim.driving.navigation_words import (
    Ended,
    Moment,
    NavigationFeedback,
    NavigationGoal,
    Said,
    SpinGoal,
)

BEHAVIORS = 'behavior_server'
_GLOBAL_PERIOD_NS = NS_IN_S
_LOCAL_PERIOD_NS = NS_IN_S // 2


class DrivenRobot(Protocol):
    """The robot that is driven; asked in the thread of the steps alone."""

    @property
    def time_ns(self) -> int:
        """Return the time as stamps have it."""
        ...

    def true_pose(self) -> FloorPose:
        """Return map_from_base."""
        ...

    def odometry(self) -> FloorPose:
        """Return odom_from_base."""
        ...

    def set_velocity(self, forward_m_s: float, turn_rad_s: float) -> None:
        """Drive at these speeds."""
        ...


class Nav2StandIn:
    """Serves Nav2's clients on a node; `step` drives the robot, in a thread of its own."""

    def __init__(self, node: Node, robot: DrivenRobot, nav2: NavigationStandIn) -> None:
        """Offer actions, services and topics on `node`, under its namespace and remappings."""
        self._robot = robot
        self._nav2 = nav2
        self._lifecycle = LifecycleStandIn(node, (*sorted(SERVERS), BEHAVIORS))
        self._drives = ServedAction(
            node, NavigateToPose, ACTION, lambda: self._lifecycle.is_active(NAVIGATOR)
        )
        self._spins = ServedAction(
            node, Spin, SPIN_ACTION, lambda: self._lifecycle.is_active(BEHAVIORS)
        )
        self._own_client = ActionClient(node, NavigateToPose, ACTION)
        node.create_subscription(PoseStamped, 'goal_pose', self._take_goal_pose, SENSOR)
        self._plan = node.create_publisher(Path, 'plan', OUTPUT)
        self._global, self._local = (
            node.create_publisher(OccupancyGrid, f'{which}_costmap/costmap', LATCHED)
            for which in ('global', 'local')
        )
        self._global_due_ns = self._local_due_ns = 0

    def step(self) -> None:
        """Take what came, drive on, and tell what is to be told."""
        now_ns = self._robot.time_ns
        map_from_base, odom_from_base = self._robot.true_pose(), self._robot.odometry()
        map_from_odom = _map_from_odom(map_from_base, odom_from_base)
        self._take()
        said = self._nav2.step(Moment(now_ns, map_from_base, map_from_odom))
        self._robot.set_velocity(said.velocity.forward_m_s, said.velocity.turn_rad_s)
        self._tell(said, now_ns)
        if now_ns >= self._global_due_ns:
            self._global_due_ns = now_ns + _GLOBAL_PERIOD_NS
            self._global.publish(grid_message(self._nav2.costmap, now_ns))
        if now_ns >= self._local_due_ns:
            self._local_due_ns = now_ns + _LOCAL_PERIOD_NS
            rolled = local_costmap(self._nav2.costmap, map_from_odom, odom_from_base, now_ns)
            self._local.publish(grid_message(rolled, now_ns))

    def _take(self) -> None:
        """Hand goals and cancellations over, in the order in which they came."""
        for server in SERVERS:
            self._nav2.set_active(server, self._lifecycle.is_active(server))
        for goal_id, request in self._drives.arrivals():
            if not self._nav2.send(_goal_of(goal_id, request)):
                # It was taken down between the acceptance and now.
                self._drives.end(goal_id, GoalStatus.ABORTED, NavigateToPose.Result())
        for goal_id in self._drives.cancellations():
            self._nav2.cancel(goal_id)
        for goal_id, request in self._spins.arrivals():
            allowance_s = stamp_ns_of(request.time_allowance) / NS_IN_S
            self._nav2.spin.send(SpinGoal(goal_id, float(request.target_yaw), allowance_s))
        for goal_id in self._spins.cancellations():
            self._nav2.spin.cancel(goal_id)

    def _tell(self, said: Said, now_ns: int) -> None:
        if said.plan is not None:
            self._plan.publish(path_message(said.plan, MAP, now_ns))
        for feedback in said.feedback:
            self._drives.tell(feedback.goal_id, _feedback_message(feedback))
        for turned in said.spin_feedback:
            angle = turned.angular_distance_traveled_rad
            self._spins.tell(turned.goal_id, Spin.Feedback(angular_distance_traveled=float(angle)))
        for ended in said.ended:
            status = GoalStatus(ended.result.status)
            self._drives.end(ended.goal_id, status, _drive_result(ended))
            self._spins.end(ended.goal_id, status, _spin_result(ended))

    def _take_goal_pose(self, message: Any) -> None:
        """Send what somebody published as a goal of nobody's, as Nav2 does."""
        self._own_client.send_goal_async(NavigateToPose.Goal(pose=message))


def _goal_of(goal_id: bytes, request: Any) -> NavigationGoal:
    header, pose = request.pose.header, request.pose.pose
    place, turn = pose.position, pose.orientation
    return NavigationGoal(
        goal_id,
        header.frame_id,
        (place.x, place.y, place.z),
        (turn.x, turn.y, turn.z, turn.w),
        stamp_ns_of(header.stamp),
        request.behavior_tree,
    )


def _feedback_message(feedback: NavigationFeedback) -> NavigateToPose.Feedback:
    at = feedback.map_from_base
    place = Waypoint(MAP, feedback.stamp_ns, at.x_m, at.y_m, at.yaw_rad)
    return NavigateToPose.Feedback(
        current_pose=pose_stamped(place),
        navigation_time=_duration(feedback.navigation_time_s),
        estimated_time_remaining=_duration(feedback.estimated_time_remaining_s),
        number_of_recoveries=feedback.number_of_recoveries,
        distance_remaining=feedback.distance_remaining_m,
    )


def _drive_result(ended: Ended) -> NavigateToPose.Result:
    return NavigateToPose.Result(
        error_code=ended.result.error_code, error_msg=ended.result.error_msg
    )


def _spin_result(ended: Ended) -> Spin.Result:
    return Spin.Result(
        total_elapsed_time=_duration(ended.elapsed_s),
        error_code=ended.result.error_code,
        error_msg=ended.result.error_msg,
    )


def _duration(seconds: float) -> Duration:
    whole = math.floor(seconds)
    return Duration(sec=whole, nanosec=min(NS_IN_S - 1, round((seconds - whole) * NS_IN_S)))


def _map_from_odom(map_from_base: FloorPose, odom_from_base: FloorPose) -> FloorPose:
    odom_from_base_4x4 = transform_from_floor_pose(odom_from_base)
    return floor_pose_of(transform_from_floor_pose(map_from_base) @ inverse(odom_from_base_4x4))
