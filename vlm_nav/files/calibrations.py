"""Cameras from files: CameraInfo, camera_calibration, OpenCV and RTAB-Map, in YAML or JSON.

Read are the fields of sensor_msgs/CameraInfo as `ros2 topic echo` shows them (k, d, p; ROS 1
has K, D, P), what camera_calibration writes (camera_matrix, distortion_coefficients,
projection_matrix, image_width), OpenCV's matrices of the same names, a bare 3x3 matrix of
numbers, and RTAB-Map's local_transform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from vlm_nav.files.reading import FileError, bytes_of
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera, RegionOfInterest, camera_from_calibration
from vlm_nav.geometry.poses import rigid_transform

_LARGEST_BYTES = 1_000_000
_CAMERA = 'a camera (CameraInfo or camera_calibration, as YAML or JSON)'
_POSE = 'a 4x4 matrix (text, YAML or JSON)'


@dataclass(frozen=True, eq=False)
class CalibrationFile:
    """A camera, and where it is on the robot if the file says so."""

    camera: PinholeCamera
    base_from_camera: FloatArray | None = None


def calibration_of_file(path: Path, width_px: int, height_px: int) -> CalibrationFile:
    """Return the camera of a file for pictures of this size.

    A file that names no size is taken to be for it. Raises FileError for what is no calibration
    and where the sizes differ.
    """
    tree = _tree(path, _CAMERA)
    try:
        found = _calibration(tree, width_px, height_px)
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise FileError(f'{_CAMERA} was wanted, {path}: {error}') from error
    size = (found.camera.width_px, found.camera.height_px)
    if size != (width_px, height_px):
        raise FileError(
            f'{path} calibrates pictures of {size[0]} x {size[1]} pixels, the picture has '
            f'{width_px} x {height_px}'
        )
    return found


def pose_of_file(path: Path) -> FloatArray:
    """Return the rigid transform (4, 4) of a file; raises FileError."""
    tree = _tree(path, _POSE)
    try:
        return _rigid(_numbers(tree))
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise FileError(f'{_POSE} was wanted, {path}: {error}') from error


def _calibration(tree: Any, width_px: int, height_px: int) -> CalibrationFile:
    if not isinstance(tree, Mapping):
        return CalibrationFile(camera_from_calibration(width_px, height_px, _numbers(tree)))
    k = _field(tree, 'k', 'K', 'camera_matrix')
    if k is None:
        raise ValueError(f'no k, K or camera_matrix among {", ".join(map(str, tree))}')
    d = _field(tree, 'd', 'D', 'distortion_coefficients')
    coefficients = [] if d is None else _numbers(d)
    roi = tree.get('roi') or {}
    if not isinstance(roi, Mapping):
        raise TypeError(f'a region of interest has fields, got {roi!r}')
    camera = camera_from_calibration(
        _whole(_field(tree, 'width', 'image_width'), width_px),
        _whole(_field(tree, 'height', 'image_height'), height_px),
        _numbers(k),
        distortion_model=_model(tree, coefficients),
        d=coefficients,
        region=RegionOfInterest(
            *(_whole(roi.get(name), 0) for name in ('x_offset', 'y_offset', 'width', 'height'))
        ),
        binning_x=_whole(tree.get('binning_x'), 0),
        binning_y=_whole(tree.get('binning_y'), 0),
    )
    placed = tree.get('local_transform')
    return CalibrationFile(camera, None if placed is None else _rigid(_numbers(placed)))


def _model(tree: Mapping[str, Any], coefficients: Sequence[float]) -> str:
    named = tree.get('distortion_model')
    if named is not None:
        return str(named)
    # OpenCV's files name no model, it shows in the number of coefficients.
    return 'rational_polynomial' if len(coefficients) == 8 else 'plumb_bob'


def _field(tree: Mapping[str, Any], *names: str) -> Any:
    return next((tree[name] for name in names if tree.get(name) is not None), None)


def _whole(value: Any, default: int) -> int:
    return default if value is None else int(value)


def _rigid(numbers: Sequence[float]) -> FloatArray:
    matrix = np.array(numbers)
    if matrix.size == 12:
        matrix = np.concatenate([matrix, (0.0, 0.0, 0.0, 1.0)])
    if matrix.size != 16:
        raise ValueError(f'a pose has 4 x 4 (or 3 x 4) numbers, got {matrix.size}')
    return rigid_transform(matrix.reshape(4, 4))


def _numbers(value: Any) -> list[float]:
    """Return the numbers of a list, nested lists, a matrix with `data`, or a text."""
    if isinstance(value, Mapping):
        value = value['data']
    if isinstance(value, str):
        value = value.replace(',', ' ').split()
    return [float(number) for number in np.ravel(np.array(value, dtype=np.float64))]


def _tree(path: Path, wanted: str) -> Any:
    data = bytes_of(path, wanted, _LARGEST_BYTES)
    try:
        text = data.decode('utf-8')
        # OpenCV begins its files with a directive that YAML knows otherwise.
        if text.startswith('%YAML:'):
            text = text.partition('\n')[2]
        documents = yaml.load_all(text, _Loader)
        return next((document for document in documents if document is not None), None)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise FileError(f'{wanted} was wanted, {path}: {error}') from error


class _Loader(yaml.SafeLoader):
    """Reads plain YAML, and OpenCV's matrices as the mappings that they are."""


def _opencv_matrix(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if not isinstance(node, yaml.MappingNode):
        raise yaml.constructor.ConstructorError(None, None, 'a matrix is a mapping')
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor('tag:yaml.org,2002:opencv-matrix', _opencv_matrix)
