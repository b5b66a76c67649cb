"""`vlm-nav pivot`: one decision about a picture in files."""

import asyncio
import json
import math
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Optional

import numpy as np
import typer

from vlm_nav.cli.annotated_pictures import AnnotatedPictures
from vlm_nav.cli.camera_pose import CameraPose, PoseOptions, camera_pose
from vlm_nav.cli.decision_options import (
    AsJson,
    BaseUrl,
    CassetteFolder,
    CassetteUse,
    DecisionOptions,
    Instruction,
    ModelName,
    OneParameter,
    ParamsFile,
    Vlm,
    settings_of,
    values_of,
)
from vlm_nav.cli.picture_options import (
    Camera,
    Color,
    ColorFromDepth,
    DepthCamera,
    DepthFormat,
    PictureFiles,
    Pictures,
    read_pictures,
)
from vlm_nav.cli.saying import note, say, warn
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.events import Listener
from vlm_nav.core.reasons import Refusal
from vlm_nav.navigation.decision_making import model_for, pivot_selector_for
from vlm_nav.navigation.decision_parameters import DecisionSettings
from vlm_nav.navigation.dry_run import DryRunBase
from vlm_nav.navigation.fence import Fence
from vlm_nav.navigation.in_words import decision_fields, decision_words
from vlm_nav.navigation.mission import Mission, unnamed
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.waypoint import goal_pixel
from vlm_nav.observation.faces import blurred, face_detector
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.loop import pivot as pivot_in
from vlm_nav.pivot.settings import PivotResult
from vlm_nav.pivot.spaces import ImagePointSpace
from vlm_nav.vlm.model import close

_AGREEMENT = 0.1
_OF_PLACES = ('stamp_ns', 'record', 'frame_id', 'x_m', 'y_m', 'yaw_rad')


class Space(str, Enum):
    """Where candidates are: on the floor in metres, or in the picture in pixels."""

    GROUND = 'ground'
    IMAGE = 'image'


def pivot(
    color: Color,
    camera: Camera,
    instruction: Instruction,
    depth: Annotated[Optional[Path], typer.Option(help='The depth: png, pgm, npy, npz.')] = None,
    space: Annotated[
        Space, typer.Option(help='Choose a place on the floor, or a point of the picture.')
    ] = Space.GROUND,
    vlm: Vlm = None,
    model: ModelName = None,
    base_url: BaseUrl = None,
    depth_format: DepthFormat = None,
    depth_camera: DepthCamera = None,
    color_from_depth: ColorFromDepth = None,
    base_from_camera: Annotated[
        Optional[Path], typer.Option(help="A 4x4 matrix: the camera's pose in the base frame.")
    ] = None,
    camera_height: Annotated[
        Optional[float], typer.Option(help='How many metres the camera is above the floor.')
    ] = None,
    camera_pitch: Annotated[
        Optional[float], typer.Option(help='How many degrees it looks down; negative: up.')
    ] = None,
    params: ParamsFile = None,
    param: OneParameter = None,
    cassette: CassetteFolder = None,
    cassette_mode: CassetteUse = None,
    out: Annotated[Optional[Path], typer.Option(help='A folder for annotated pictures.')] = None,
    as_json: AsJson = False,
) -> None:
    """Decide once about a picture: where on the floor to go, or which point is meant.

    Without a pose of the camera the floor is looked for in the depth, and the base put on it
    under the camera.
    """
    options = DecisionOptions(
        vlm, model, base_url, params, param, cassette=cassette, cassette_mode=cassette_mode
    )
    settings = settings_of(values_of(options.given()), with_depth=depth is not None)
    files = PictureFiles(color, depth, camera, depth_format, depth_camera, color_from_depth)
    pictures = _to_be_shown(read_pictures(files), settings)
    annotated = None if out is None else AnnotatedPictures(out, pictures.rgb)
    if space is Space.IMAGE:
        decided = asyncio.run(_in_picture(pictures, instruction, settings, annotated))
    else:
        poses = PoseOptions(base_from_camera, camera_height, camera_pitch)
        pose = camera_pose(poses, pictures.calibration, pictures.depth_m)
        _say_pose(pose)
        if settings.fence.is_set:
            # It is given in the map, and nobody knows where in it the picture was taken.
            note('fence and keep_out are left out: there is no map')
            settings = replace(settings, fence=Fence())
        decided = asyncio.run(_on_floor(pictures, pose, instruction, settings, annotated))
    if annotated is not None:
        note(f'pictures: {annotated.finish(decided.pixel)}')
    say(json.dumps(decided.fields) if as_json else decided.words)


@dataclass(frozen=True)
class _Decided:
    """A decision as JSON and in words, and where it shows in the picture."""

    fields: dict[str, Any]
    words: str
    pixel: Pixel | None


def _to_be_shown(pictures: Pictures, settings: DecisionSettings) -> Pictures:
    """Return the pictures as a model and people may see them."""
    if not settings.blur_faces:
        return pictures
    detect = face_detector(settings.face_model)
    return replace(pictures, rgb=blurred(pictures.rgb, detect(pictures.rgb)))


class _OneSight:
    """Implements navigation.ports.Eyes with the one look that there is."""

    def __init__(self, frame: RgbdFrame) -> None:
        self._frame = frame

    async def look(self, deadline: Deadline) -> Sight:
        return Sight(self._frame)


async def _on_floor(
    pictures: Pictures,
    pose: CameraPose,
    instruction: str,
    settings: DecisionSettings,
    annotated: AnnotatedPictures | None,
) -> _Decided:
    frame = RgbdFrame(
        rgb=pictures.rgb,
        depth_m=pictures.depth_m,
        camera=pictures.calibration.camera,
        base_from_camera=pose.base_from_camera,
        map_from_base=np.eye(4),
        # There is no map: the place is given from the base.
        map_frame=settings.sight.base_frame,
        stamp_ns=0,
        identifier='picture',
    )
    listeners: list[Listener] = [] if annotated is None else [annotated]
    model = model_for(settings, warn=warn)
    try:
        selector = pivot_selector_for(settings, model, listeners)
        mission = Mission(
            _OneSight(frame), selector, DryRunBase(), settings.limits, listeners, unnamed
        )
        decision = (await mission.carry_out(instruction)).decision
    finally:
        await close(model)
    place = None if decision.waypoint is None else goal_pixel(decision.waypoint, frame)
    fields = {
        **decision_fields(decision),
        **_pixel_fields(place),
        'camera_height_m': pose.height_m,
        'camera_pitch_rad': pose.down_rad,
        'camera_pose': pose.source,
    }
    del fields['stamp_ns'], fields['record']
    return _Decided(fields, decision_words(decision), place)


async def _in_picture(
    pictures: Pictures,
    instruction: str,
    settings: DecisionSettings,
    annotated: AnnotatedPictures | None,
) -> _Decided:
    largest_px = max(pictures.rgb.shape[:2])
    model = model_for(settings, warn=warn)
    try:
        inquiry = Inquiry(
            space=ImagePointSpace('picture', pictures.rgb),
            model=model,
            instruction=instruction,
            # The agreement of the parameters is in metres.
            settings=replace(settings.pivot, agreement_radius=_AGREEMENT * largest_px),
            deadline=Deadline.after(settings.limits.decision_timeout_s),
            listeners=[] if annotated is None else [annotated],
        )
        result = await pivot_in(inquiry, settings.seed)
    except Refusal as refusal:
        result = PivotResult(reason=refusal.reason, detail=refusal.detail, calls=inquiry.calls)
    finally:
        await close(model)
    outcome = DecisionOutcome.HOLD if result.action is None else DecisionOutcome.GOAL
    decision = Decision(
        outcome,
        instruction,
        reason=result.reason,
        detail=result.detail,
        confidence=result.confidence,
        labels=result.labels,
        calls=result.calls,
    )
    fields = {**decision_fields(decision), **_pixel_fields(result.action)}
    for name in _OF_PLACES:
        del fields[name]
    return _Decided(
        fields, f'{_pixel_words(result.action)}{decision_words(decision)}', result.action
    )


def _pixel_fields(pixel: Pixel | None) -> dict[str, float | None]:
    if pixel is None or not math.isfinite(pixel.u_px):
        return {'u_px': None, 'v_px': None}
    return {'u_px': pixel.u_px, 'v_px': pixel.v_px}


def _pixel_words(pixel: Pixel | None) -> str:
    return '' if pixel is None else f'({pixel.u_px:.0f}, {pixel.v_px:.0f}) px: '


def _say_pose(pose: CameraPose) -> None:
    down_deg = math.degrees(pose.down_rad)
    note(f'camera {pose.height_m:.2f} m high, {down_deg:.1f} deg down: {pose.source}')
