"""From a sight to what the record says of it, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.records.look_parts import CameraPart, CostmapPart, LookPart, ViewPart
from vlm_nav.records.pictures import (
    color_of_png,
    depth_file,
    grid_of_png,
    png_of_color,
    png_of_grid,
    read_depth_file,
)
from vlm_nav.records.values import Matrix, Row

Files = dict[str, bytes]


def look_part(sight: Sight, number: int, at_s: float) -> tuple[LookPart, Files]:
    """Return what the record says of its look `number` (from 1), and the files it names."""
    suffix = '' if number == 1 else str(number)
    files: Files = {}
    views = []
    for place, frame in enumerate(sight.frames, 1):
        view, pictures = _view_part(frame, suffix if place == 1 else f'{suffix}_view{place}')
        views.append(view)
        files |= pictures
    costmaps = []
    for index, costmap_view in enumerate(sight.costmaps, 1):
        name = f'costmap{suffix}_{index}.png'
        files[name] = png_of_grid(costmap_view.costmap.values)
        costmaps.append(_costmap_part(costmap_view, name))
    part = LookPart(
        at_s=at_s,
        views=tuple(views),
        map_from_base=matrix(sight.frame.map_from_base),
        map_frame=sight.frame.map_frame,
        costmaps=tuple(costmaps),
    )
    return part, files


def frames_from(look: LookPart, folder: Path) -> tuple[RgbdFrame, ...]:
    """Return the frames of a look, bit for bit; raises RecordError where a file is not there."""
    return tuple(_frame_from(view, look, folder) for view in look.views)


def sight_from(look: LookPart, folder: Path) -> Sight:
    """Return the frames of a look with its costmaps; raises RecordError as `frames_from` does."""
    first, *further = frames_from(look, folder)
    views = tuple(_costmap_view(part, folder) for part in look.costmaps)
    return Sight(first, views, tuple(further))


def _view_part(frame: RgbdFrame, suffix: str) -> tuple[ViewPart, Files]:
    picture = f'look{suffix}.png'
    files = {picture: png_of_color(frame.rgb)}
    depth: str | None = None
    if frame.depth_m is not None:
        ending, data = depth_file(frame.depth_m)
        depth = f'depth{suffix}.{ending}'
        files[depth] = data
    part = ViewPart(
        camera_name=frame.camera_name,
        identifier=frame.identifier,
        stamp_ns=frame.stamp_ns,
        picture=picture,
        depth=depth,
        camera=_camera_part(frame.camera),
        base_from_camera=matrix(frame.base_from_camera),
    )
    return part, files


def _frame_from(view: ViewPart, look: LookPart, folder: Path) -> RgbdFrame:
    return RgbdFrame(
        rgb=color_of_png(folder / view.picture),
        depth_m=None if view.depth is None else read_depth_file(folder / view.depth),
        camera=_camera(view.camera),
        base_from_camera=np.array(view.base_from_camera),
        map_from_base=np.array(look.map_from_base),
        map_frame=look.map_frame,
        stamp_ns=view.stamp_ns,
        identifier=view.identifier,
        camera_name=view.camera_name,
    )


def _camera_part(camera: PinholeCamera) -> CameraPart:
    row_u = (camera.fx_px, 0.0, camera.cx_px)
    row_v = (0.0, camera.fy_px, camera.cy_px)
    return CameraPart(
        width_px=camera.width_px,
        height_px=camera.height_px,
        k=(*row_u, *row_v, 0.0, 0.0, 1.0),
        d=camera.distortion,
    )


def _camera(part: CameraPart) -> PinholeCamera:
    fx_px, _, cx_px, _, fy_px, cy_px, *_ = part.k
    return PinholeCamera(part.width_px, part.height_px, fx_px, fy_px, cx_px, cy_px, part.d)


def _costmap_part(view: CostmapView, file: str) -> CostmapPart:
    costmap = view.costmap
    return CostmapPart(
        file=file,
        resolution_m=costmap.resolution_m,
        origin_x_m=costmap.origin.x_m,
        origin_y_m=costmap.origin.y_m,
        origin_yaw_rad=costmap.origin.yaw_rad,
        frame_id=costmap.frame_id,
        stamp_ns=costmap.stamp_ns,
        costmap_from_base=matrix(view.costmap_from_base),
    )


def _costmap_view(part: CostmapPart, folder: Path) -> CostmapView:
    costmap = Costmap(
        values=grid_of_png(folder / part.file),
        resolution_m=part.resolution_m,
        origin=FloorPose(part.origin_x_m, part.origin_y_m, part.origin_yaw_rad),
        frame_id=part.frame_id,
        stamp_ns=part.stamp_ns,
    )
    return CostmapView(costmap, np.array(part.costmap_from_base))


def matrix(transform: FloatArray) -> Matrix:
    """Return a transform (4, 4) by rows."""
    rows: list[Row] = [(row[0], row[1], row[2], row[3]) for row in transform.tolist()]
    return (rows[0], rows[1], rows[2], rows[3])
