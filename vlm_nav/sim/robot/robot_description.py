"""The robot's arm as a URDF, made of the same sizes as its body in the simulator.

The four tubes of the telescope are one joint here: they always share its way.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from vlm_nav.sim.robot.robot_arm import FINGERS, LIFT, SHOULDER, WRIST, WRIST_ROLL, WRIST_YAW
from vlm_nav.sim.robot.robot_sizes import ArmPose, ArmSizes, RobotSizes

BASE_LINK, TIP_LINK = 'base_link', 'robot_finger_tips'
"""The links between which the arm is: the tips' x goes along the fingers, which close along y."""

TELESCOPE = 'robot_telescope'

ARM_JOINTS = (LIFT, SHOULDER, TELESCOPE, WRIST_YAW, WRIST, WRIST_ROLL)
"""The joints from the base to the finger tips, in their order."""

_Place = tuple[float, float, float]
_Ends = tuple[float, float]
_NOWHERE: _Place = (0.0, 0.0, 0.0)
_ALONG, _LEFT, _UP = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_SPEED, _FORCE = 0.5, 20.0


def robot_description(sizes: RobotSizes) -> str:
    """Return the URDF: joints in metres and radians, and a box for each part that is seen."""
    arm, robot = sizes.arm, Element('robot', name='vlm_nav_simulated_robot')
    base_m = 2.0 * sizes.base.radius_m
    _add_link(robot, BASE_LINK, (base_m, base_m, sizes.base.high_m), sizes.base.high_m / 2)
    mast = (*sizes.mast.place_m, 0.0)
    aside = (arm.shoulder_place_m[0] - mast[0], arm.shoulder_place_m[1] - mast[1], 0.0)
    wrist = (arm.tube_m, 0.0, 0.0)
    chain: tuple[tuple[str, bool, _Place, _Place, _Ends, _Place], ...] = (
        (LIFT, False, mast, _UP, arm.lift_range_m, (0.04, 0.04, 0.04)),
        (SHOULDER, True, aside, _UP, arm.shoulder_range_rad, _tube(arm)),
        (TELESCOPE, False, _NOWHERE, _ALONG, arm.telescope_range_m, _tube(arm)),
        (WRIST_YAW, True, wrist, _UP, arm.wrist_yaw_range_rad, _NOWHERE),
        (WRIST, True, _NOWHERE, _LEFT, arm.wrist_range_rad, _NOWHERE),
        (WRIST_ROLL, True, _NOWHERE, _ALONG, arm.wrist_roll_range_rad, (arm.palm_m, 0.05, 0.036)),
    )
    parent = BASE_LINK
    for name, turns, place, axis, ends, box in chain:
        _add_joint(robot, name, parent, f'{name}_link', 'revolute' if turns else 'prismatic',
                   place, axis, ends)  # fmt: skip
        _add_link(robot, f'{name}_link', box)
        parent = f'{name}_link'
    _add_hand(robot, parent, arm)
    return tostring(robot, encoding='unicode')


def joint_positions(pose: ArmPose, opening_m: float) -> dict[str, float]:
    """Return where the joints of the URDF are, metres and radians by name."""
    return {
        LIFT: pose.lift_m,
        SHOULDER: pose.shoulder_rad,
        TELESCOPE: pose.telescope_m,
        WRIST_YAW: pose.wrist_yaw_rad,
        WRIST: pose.wrist_rad,
        WRIST_ROLL: pose.wrist_roll_rad,
        **dict.fromkeys(FINGERS, opening_m / 2),
    }


def arm_pose_of(positions: dict[str, float]) -> ArmPose:
    """Return the pose of the arm that joint positions say; raises KeyError where one lacks."""
    return ArmPose(
        lift_m=positions[LIFT],
        shoulder_rad=positions[SHOULDER],
        telescope_m=positions[TELESCOPE],
        wrist_rad=positions[WRIST],
        wrist_yaw_rad=positions[WRIST_YAW],
        wrist_roll_rad=positions[WRIST_ROLL],
    )


def _add_hand(robot: Element, palm: str, arm: ArmSizes) -> None:
    ends = (arm.gripper_range_m[0] / 2, arm.gripper_range_m[1] / 2)
    for name, side in zip(FINGERS, (1.0, -1.0), strict=True):
        place = (arm.palm_m, side * 0.006, 0.0)
        _add_joint(robot, name, palm, f'{name}_link', 'prismatic', place, (0.0, side, 0.0), ends)
        _add_link(robot, f'{name}_link', (arm.finger_m, 0.012, 0.024))
    place = (arm.palm_m + arm.finger_m, 0.0, 0.0)
    _add_joint(robot, f'{TIP_LINK}_joint', palm, TIP_LINK, 'fixed', place, _ALONG, None)
    _add_link(robot, TIP_LINK, _NOWHERE)


def _tube(arm: ArmSizes) -> _Place:
    return (arm.tube_m, arm.tube_side_m, arm.tube_side_m)


def _add_link(robot: Element, name: str, box_m: _Place, up_m: float = 0.0) -> None:
    """Add a link that is seen as a box from its origin along x; the base stands about its own."""
    link = SubElement(robot, 'link', name=name)
    if not any(box_m):
        return
    visual = SubElement(link, 'visual')
    ahead_m = 0.0 if up_m else box_m[0] / 2
    SubElement(visual, 'origin', xyz=_words((ahead_m, 0.0, up_m)))
    SubElement(SubElement(visual, 'geometry'), 'box', size=_words(box_m))


def _add_joint(
    robot: Element,
    name: str,
    parent: str,
    child: str,
    kind: str,
    place_m: _Place,
    axis: _Place,
    ends: _Ends | None,
) -> None:
    joint = SubElement(robot, 'joint', name=name, type=kind)
    SubElement(joint, 'parent', link=parent)
    SubElement(joint, 'child', link=child)
    SubElement(joint, 'origin', xyz=_words(place_m))
    if ends is not None:
        SubElement(joint, 'axis', xyz=_words(axis))
        low, high = (repr(end) for end in ends)
        SubElement(joint, 'limit', lower=low, upper=high, effort=repr(_FORCE),
                   velocity=repr(_SPEED))  # fmt: skip


def _words(numbers: _Place) -> str:
    return ' '.join(repr(number) for number in numbers)
