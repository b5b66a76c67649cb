"""What the manipulator shows: poses, markers, pictures, decisions and diagnostics."""

from __future__ import annotations

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from vlm_nav.core.events import Event
from vlm_nav.drawing.mark_drawing import draw_goal, draw_marks
from vlm_nav.geometry.arrays import FloatArray, RgbArray
from vlm_nav.manipulation.events import PickDecided, PickDecision, PickEnded, PickLooked
from vlm_nav.manipulation.grasp_map import grasp_map
from vlm_nav.manipulation.grasp_plan import Grasp, Place
from vlm_nav.manipulation.in_words import (
    pick_decision_json,
    pick_decision_words,
    pick_end_json,
    pick_end_words,
)
from vlm_nav.navigation.in_words import printable
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.ros.diagnostics_output import DiagnosticsOutput
from vlm_nav.ros.grasp_markers import grasp_markers
from vlm_nav.ros.images import image_from_rgb
from vlm_nav.ros.point_clouds import cloud_of
from vlm_nav.ros.poses import header_at, pose_message
from vlm_nav.ros.qos import LATCHED
from vlm_nav.vlm.events import Answered
from vlm_nav.vlm.question import Answer

_GOAL_RADIUS_PX = 10.0


class PickOutputs:
    """A listener of picking that publishes what it hears, and logs a line for each decision."""

    def __init__(self, node: Node) -> None:
        """Make the publishers on `node`."""
        self._node = node
        self._decision = node.create_publisher(String, '~/decision', LATCHED)
        self._outcome = node.create_publisher(String, '~/outcome', LATCHED)
        self._grasp = node.create_publisher(PoseStamped, '~/grasp_pose', LATCHED)
        self._pregrasp = node.create_publisher(PoseStamped, '~/pregrasp_pose', LATCHED)
        self._place = node.create_publisher(PoseStamped, '~/place_pose', LATCHED)
        self._preplace = node.create_publisher(PoseStamped, '~/preplace_pose', LATCHED)
        self._annotated = node.create_publisher(Image, '~/annotated', LATCHED)
        self._markers = node.create_publisher(MarkerArray, '~/markers', LATCHED)
        self._values = node.create_publisher(PointCloud2, '~/value_map', LATCHED)
        self.diagnose = DiagnosticsOutput(node, 'picking')
        self._frame: RgbdFrame | None = None
        self.base_frame = ''

    def __call__(self, event: Event) -> None:
        """Publish what an event says."""
        if isinstance(event, PickLooked):
            self._frame = event.frame
        elif isinstance(event, Answered) and isinstance(event.result, Answer):
            if not event.asked.check:
                picture = event.asked.question.pictures[0]
                drawn = draw_marks(picture, chosen=event.result.labels)
                self._show(drawn, is_part=picture.cut is not None)
        elif isinstance(event, PickDecided):
            self._decided(event.decision)
        elif isinstance(event, PickEnded):
            self._node.get_logger().info(printable(pick_end_words(event.end)))
            self._outcome.publish(String(data=pick_end_json(event.end)))

    def send(self, grasp: Grasp) -> None:
        """Publish the poses of a grasp that is being carried out: whoever hears them may move."""
        self._pregrasp.publish(self.pose(grasp.base_from_pregrasp))
        self._grasp.publish(self.pose(grasp.base_from_grasp))

    def send_place(self, place: Place) -> None:
        """Publish where the hand lets go of what it holds, and where it comes from."""
        self._preplace.publish(self.pose(place.base_from_preplace))
        self._place.publish(self.pose(place.base_from_place))

    def pose(self, base_from_pose: FloatArray) -> PoseStamped:
        """Return a pose (4, 4) of the base frame as a message, at the picture's stamp."""
        stamp_ns = 0 if self._frame is None else self._frame.stamp_ns
        header = header_at(self.base_frame, stamp_ns)
        return PoseStamped(header=header, pose=pose_message(base_from_pose))

    def _decided(self, decision: PickDecision) -> None:
        self._node.get_logger().info(printable(pick_decision_words(decision)))
        self._decision.publish(String(data=pick_decision_json(decision)))
        frame = self._frame
        if frame is None:
            return
        header = header_at(self.base_frame, frame.stamp_ns)
        self._markers.publish(grasp_markers(decision, header))
        # It is for people to look at, and made for those who do.
        found = grasp_map(decision, frame) if self._values.get_subscription_count() else None
        if found is not None:
            self._values.publish(cloud_of(*found.points(), header))
        pixel = decision.pixel
        if pixel is not None:
            drawn = frame.rgb.copy()
            draw_goal(drawn, pixel, _GOAL_RADIUS_PX)
            self._show(drawn)

    def _show(self, rgb: RgbArray, *, is_part: bool = False) -> None:
        if self._frame is not None:
            # Who clicks on a part names other pixels than the picture's: its stamp is nobody's,
            # so that the click is refused.
            stamp_ns = self._frame.stamp_ns + int(is_part)
            header = header_at(self._frame.camera_frame, stamp_ns)
            self._annotated.publish(image_from_rgb(rgb, header))
