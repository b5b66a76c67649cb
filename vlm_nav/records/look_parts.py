"""What a record says about a look: the picture, the depth, the poses, the costmaps."""

from __future__ import annotations

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


class LookPart(Part):
    """One look of the robot.

    `at_s` is seconds since the start; `stamp_ns` the picture's ROS time. `picture` is the clean
    picture as lossless PNG. `depth` is None, or a 16-bit PNG of millimetres (0 unknown), or an
    `.npy` of float32 metres (NaN unknown) where millimetres would lose something. The poses are
    4x4 matrices by rows at the picture's stamp.
    """

    at_s: float
    identifier: Text
    stamp_ns: int
    picture: FileName
    depth: FileName | None
    camera: CameraPart
    base_from_camera: Matrix
    map_from_base: Matrix
    map_frame: Text
    costmaps: tuple[CostmapPart, ...]
