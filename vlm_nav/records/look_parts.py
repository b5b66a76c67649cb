"""What a record says about a look: the pictures, the depth, the poses, the costmaps."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from vlm_nav.records.values import FileName, Matrix, Part, Text


class CameraPart(Part):
    """The calibrated camera: size in pixels, `k` the row-major 3x3 matrix in pixels.

    `d` holds no coefficients, five (plumb_bob) or eight (rational_polynomial), in the order of
    sensor_msgs/CameraInfo.
    """

    width_px: int
    height_px: int
    k: tuple[float, ...]
    d: tuple[float, ...]


class CostmapPart(Part):
    """A costmap as it stood at the look.

    `file` is a grey PNG whose bytes are the grid's int8 values (255 is -1, unknown); row 0 lies
    at the origin, so the picture is upside down for people. Lengths in metres, angles in
    radians, `costmap_from_base` a 4x4 matrix by rows, `stamp_ns` ROS time.
    """

    file: FileName
    resolution_m: float
    origin_x_m: float
    origin_y_m: float
    origin_yaw_rad: float
    frame_id: Text
    stamp_ns: int
    costmap_from_base: Matrix


class ViewPart(Part):
    """What one camera saw in a look.

    `stamp_ns` is the picture's ROS time. `picture` is the clean picture as lossless PNG. `depth`
    is None, or a 16-bit PNG of millimetres (0 unknown), or an `.npy` of float32 metres (NaN
    unknown) where millimetres would lose something. `base_from_camera`, a 4x4 matrix by rows,
    places the camera at its own stamp in the base frame of the look.
    """

    camera_name: Text
    identifier: Text
    stamp_ns: int
    picture: FileName
    depth: FileName | None
    camera: CameraPart
    base_from_camera: Matrix


class LookPart(Part):
    """One look of the robot.

    `at_s` is seconds since the start. `views` are those of its cameras, the first camera's in
    front: `map_from_base`, a 4x4 matrix by rows, is the pose of the base at that one's stamp.
    """

    at_s: float
    views: tuple[ViewPart, ...] = Field(min_length=1)
    map_from_base: Matrix
    map_frame: Text
    costmaps: tuple[CostmapPart, ...]

    @model_validator(mode='before')
    @classmethod
    def _of_one_camera(cls, content: Any) -> Any:
        """Take a look of format 1, in which the one camera's view had no name of its own."""
        if not isinstance(content, dict) or 'views' in content:
            return content
        view = {name: content[name] for name in ViewPart.model_fields if name in content}
        return {**content, 'views': [{'camera_name': '', **view}]}
