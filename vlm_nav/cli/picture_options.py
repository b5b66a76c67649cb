"""The options of commands that look at a picture, its depth and its camera in files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Optional

import typer

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import ObservationReason
from vlm_nav.files.calibrations import CalibrationFile, calibration_of_file, pose_of_file
from vlm_nav.files.pictures import depth_of_file, rgb_of_file
from vlm_nav.geometry.arrays import DepthArray, RgbArray
from vlm_nav.geometry.depth_encodings import DepthEncoding
from vlm_nav.geometry.registration import register_depth

Color = Annotated[Path, typer.Option(help='The colour picture.')]
Camera = Annotated[Path, typer.Option(help="The picture's camera: CameraInfo as YAML or JSON.")]
DepthFormat = Annotated[
    Optional[DepthEncoding],
    typer.Option(help='How depth is stored; else whole numbers are millimetres, others metres.'),
]
DepthCamera = Annotated[
    Optional[Path],
    typer.Option(help="The depth's own camera; else depth is registered to the picture."),
]
ColorFromDepth = Annotated[
    Optional[Path],
    typer.Option(help='A 4x4 matrix: the pose of the depth camera in the other.'),
]


@dataclass(frozen=True)
class PictureFiles:
    """The files that were given."""

    color: Path
    depth: Path | None
    camera: Path
    depth_format: DepthEncoding | None = None
    depth_camera: Path | None = None
    color_from_depth: Path | None = None


@dataclass(frozen=True, eq=False)
class Pictures:
    """A picture and its camera; `depth_m` is registered to it, None where none was given."""

    rgb: RgbArray
    calibration: CalibrationFile
    depth_m: DepthArray | None


def read_pictures(files: PictureFiles) -> Pictures:
    """Return what is in the files; raises VlmNavError where they do not go together."""
    rgb = rgb_of_file(files.color)
    height_px, width_px = rgb.shape[:2]
    calibration = calibration_of_file(files.camera, width_px, height_px)
    if files.depth is None:
        return Pictures(rgb, calibration, None)
    depth_m = depth_of_file(files.depth, files.depth_format)
    return Pictures(rgb, calibration, _registered(files, calibration, depth_m))


def _registered(
    files: PictureFiles, calibration: CalibrationFile, depth_m: DepthArray
) -> DepthArray:
    camera = calibration.camera
    if files.depth_camera is not None:
        if files.color_from_depth is None:
            # Where two cameras are and nobody says how they stand to each other, depth is a guess.
            raise InvalidValueError(
                f'{ObservationReason.NO_TRANSFORM.value}: the depth has a camera of its own, '
                'its pose in the other was wanted: give --color-from-depth'
            )
        depth_camera = calibration_of_file(files.depth_camera, *depth_m.shape[::-1]).camera
        color_from_depth = pose_of_file(files.color_from_depth)
        return register_depth(depth_m, depth_camera, camera, color_from_depth)
    if depth_m.shape != (camera.height_px, camera.width_px):
        raise InvalidValueError(
            f'depth registered to {camera.width_px} x {camera.height_px} pixels was wanted, '
            f'{files.depth} has {depth_m.shape[1]} x {depth_m.shape[0]}: give --depth-camera and '
            '--color-from-depth'
        )
    return depth_m
