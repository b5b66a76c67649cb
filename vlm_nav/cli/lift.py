"""`vlm-nav lift` and `vlm-nav grasp`: what a pixel of a picture shows, and how to grasp it."""

import json
from pathlib import Path
from typing import Annotated, Any, Optional

import numpy as np
import typer

from vlm_nav.cli.annotated_pictures import write_picture
from vlm_nav.cli.camera_pose import PoseOptions, camera_pose
from vlm_nav.cli.decision_options import AsJson
from vlm_nav.cli.picture_options import (
    Camera,
    Color,
    ColorFromDepth,
    DepthCamera,
    DepthFormat,
    PictureFiles,
    read_pictures,
)
from vlm_nav.cli.saying import note, say
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import quaternion_of, xyzw_from_wxyz
from vlm_nav.manipulation.grasp_plan import Grasp, GraspPlan
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.hand_picture import draw_grasp, draw_lifted
from vlm_nav.manipulation.lift import lift as lift_target
from vlm_nav.manipulation.lift_points import LiftSettings
from vlm_nav.manipulation.lifted import Lifted, PixelBox, Refused
from vlm_nav.manipulation.steps import PlanStep
from vlm_nav.observation.rgbd_frame import RgbdFrame

PICTURE = 'hand.png'

At = Annotated[
    str, typer.Option('--at', help='The pixel: U,V; or a box around the thing: U,V,U,V.')
]
Depth = Annotated[Path, typer.Option(help='The depth: png, pgm, npy, npz.')]
BaseFromCamera = Annotated[
    Optional[Path], typer.Option(help="A 4x4 matrix: the camera's pose in the base frame.")
]
CameraHeight = Annotated[
    Optional[float], typer.Option(help='How many metres the camera is above the floor.')
]
CameraPitch = Annotated[
    Optional[float], typer.Option(help='How many degrees it looks down; negative: up.')
]
Farthest = Annotated[float, typer.Option(help='Up to how many metres depth is trusted.')]
Out = Annotated[Optional[Path], typer.Option(help='A folder for a picture of the result.')]


def lift(
    color: Color,
    depth: Depth,
    camera: Camera,
    at: At,
    depth_format: DepthFormat = None,
    depth_camera: DepthCamera = None,
    color_from_depth: ColorFromDepth = None,
    base_from_camera: BaseFromCamera = None,
    camera_height: CameraHeight = None,
    camera_pitch: CameraPitch = None,
    farthest: Farthest = 3.0,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Say which point of the base frame a pixel shows, with its surface and its thing."""
    frame, found = _lifted(
        PictureFiles(color, depth, camera, depth_format, depth_camera, color_from_depth),
        PoseOptions(base_from_camera, camera_height, camera_pitch),
        at,
        farthest,
    )
    if isinstance(found, Lifted) and out is not None:
        note(f'picture: {write_picture(out, PICTURE, draw_lifted(frame, found))}')
    _say(_fields(found), _words(found), as_json)


def grasp(
    color: Color,
    depth: Depth,
    camera: Camera,
    at: At,
    depth_format: DepthFormat = None,
    depth_camera: DepthCamera = None,
    color_from_depth: ColorFromDepth = None,
    base_from_camera: BaseFromCamera = None,
    camera_height: CameraHeight = None,
    camera_pitch: CameraPitch = None,
    farthest: Farthest = 3.0,
    opening: Annotated[
        float, typer.Option(help='How many metres the gripper opens.')
    ] = GripperSizes.opening_m,
    finger_length: Annotated[
        float, typer.Option(help='How many metres its fingers are long.')
    ] = GripperSizes.finger_length_m,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Say which poses of a gripper with two fingers grasp the thing at a pixel."""
    frame, found = _lifted(
        PictureFiles(color, depth, camera, depth_format, depth_camera, color_from_depth),
        PoseOptions(base_from_camera, camera_height, camera_pitch),
        at,
        farthest,
    )
    if isinstance(found, Refused):
        _say(_fields(found), _words(found), as_json)
        return
    gripper = GripperSizes(opening_m=opening, finger_length_m=finger_length)
    plan = PlanStep(gripper, GraspSettings())(frame, found)
    if out is not None:
        drawn = draw_lifted(frame, found)
        if plan.best is not None:
            draw_grasp(drawn, frame, plan.best, gripper)
        note(f'picture: {write_picture(out, PICTURE, drawn)}')
    fields = {**_fields(found), **_plan_fields(plan)}
    _say(fields, f'{_words(found)}\n{_plan_words(plan)}', as_json)


def _lifted(
    files: PictureFiles, pose_options: PoseOptions, at: str, farthest_m: float
) -> tuple[RgbdFrame, Lifted | Refused]:
    pictures = read_pictures(files)
    pose = camera_pose(pose_options, pictures.calibration, pictures.depth_m)
    note(f'camera {pose.height_m:.2f} m high: {pose.source}')
    frame = RgbdFrame(
        rgb=pictures.rgb,
        depth_m=pictures.depth_m,
        camera=pictures.calibration.camera,
        base_from_camera=pose.base_from_camera,
        map_from_base=np.eye(4),
        map_frame='base_link',
        stamp_ns=0,
        identifier='picture',
    )
    return frame, lift_target(frame, _target(at), LiftSettings(farthest_m=farthest_m))


def _target(at: str) -> Pixel | PixelBox:
    try:
        numbers = [float(part) for part in at.split(',')]
    except ValueError:
        numbers = []
    if len(numbers) == 2:
        return Pixel(*numbers)
    if len(numbers) == 4 and np.isfinite(numbers).all():
        return PixelBox(*numbers)
    raise InvalidValueError(f'--at wants U,V or U,V,U,V in pixels, got {at!r}')


def _fields(found: Lifted | Refused) -> dict[str, Any]:
    if isinstance(found, Refused):
        return {'reason': found.reason.value, 'detail': found.detail}
    box = found.extent.box
    return {
        'reason': None,
        'u_px': found.pixel.u_px,
        'v_px': found.pixel.v_px,
        'point_base': found.point_base.tolist(),
        'normal_base': found.normal_base.tolist(),
        'sigma_m': found.sigma_m,
        'source': found.source.value,
        'box_centre_base': box.centre_base.tolist(),
        'box_size_m': list(box.size_m),
        'box_yaw_rad': box.yaw_rad,
        'pixels': int(found.extent.mask.sum()),
        'is_cut': found.extent.is_cut,
    }


def _words(found: Lifted | Refused) -> str:
    if isinstance(found, Refused):
        return f'refused: {found.reason.value} ({found.detail})'
    x, y, z = found.point_base
    along, across, up = found.extent.box.size_m
    return (
        f'({found.pixel.u_px:.0f}, {found.pixel.v_px:.0f}) px: x {x:.3f}, y {y:.3f}, z {z:.3f} m '
        f'of the base, {found.source.value}, sigma {found.sigma_m * 1e3:.1f} mm; '
        f'a thing of {along:.3f} x {across:.3f} x {up:.3f} m'
    )


def _plan_fields(plan: GraspPlan) -> dict[str, Any]:
    return {
        'reason': None if plan.reason is None else plan.reason.value,
        'grasps': [_grasp_fields(grasp) for grasp in plan.ranked],
        'refused': [reason.value for _, reason in plan.refused],
    }


def _grasp_fields(grasp: Grasp) -> dict[str, Any]:
    pose = grasp.base_from_grasp
    w, x, y, z = map(float, quaternion_of(pose))
    return {
        'approach': grasp.approach.value,
        'position_base': pose[:3, 3].tolist(),
        'quaternion_xyzw': list(xyzw_from_wxyz((w, x, y, z))),
        'pregrasp_position_base': grasp.base_from_pregrasp[:3, 3].tolist(),
        'width_m': grasp.width_m,
        'opening_m': grasp.opening_m,
        'clearance_m': grasp.clearance_m,
        'score': grasp.score,
    }


def _plan_words(plan: GraspPlan) -> str:
    lines = [
        f'{grasp.approach.value}: {grasp.width_m * 1e3:.0f} mm wide, clear by '
        f'{grasp.clearance_m * 1e3:.0f} mm, score {grasp.score:.2f}'
        for grasp in plan.ranked
    ]
    if plan.reason is not None:
        lines = [f'no grasp: {plan.reason.value}, {len(plan.refused)} were tried']
    return '\n'.join(lines)


def _say(fields: dict[str, Any], words: str, as_json: bool) -> None:
    say(json.dumps(fields) if as_json else words)
