"""Draws what a camera of a MuJoCo model sees: colours, exact depth, and which geom is where."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import DepthArray, RgbArray
from vlm_nav.sim.rendering import RenderingError, open_context

NEAREST_M, FARTHEST_M = 0.02, 80.0
"""What is nearer or farther is not drawn."""

# Each has a number in two bytes of its colour.
_MOST_GEOMS = 65_000
_NO_GEOM = -1
# MuJoCo's options leave this group out, and no geom of a house or a robot is in it.
_NEVER_DRAWN = 5
_SAMPLES = 4


@dataclass(frozen=True, eq=False)
class Drawn:
    """One picture: `rgb` (H, W, 3), `depth_m` (H, W) along the axis, `geoms` (H, W) of ids or -1.

    Depth of what is farther than FARTHEST_M is FARTHEST_M.
    """

    rgb: RgbArray
    depth_m: DepthArray
    geoms: NDArray[np.int32]


class PictureRenderer:
    """Draws pictures of one size of one model; belongs to the thread that made it."""

    def __init__(
        self, model: mujoco.MjModel, width_px: int, height_px: int, *, smooth: bool = False
    ) -> None:
        """Open a context to draw with; raises RenderingError where there is none.

        The model's buffer for pictures and its clipping planes are set to what is needed. Edges
        are smoothed where asked, which takes twice the time.
        """
        _prepare(model, width_px, height_px, _SAMPLES if smooth else 0)
        self._model = model
        self._rect = mujoco.MjrRect(0, 0, width_px, height_px)
        self._scene = mujoco.MjvScene(model, maxgeom=_MOST_GEOMS)
        self._option = mujoco.MjvOption()
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._context = open_context(width_px, height_px)
        self._drawing = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._drawing)
        self._drawing.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        self._groups = model.geom_group.copy()
        self._closed = False

    def draw(self, data: mujoco.MjData, camera_id: int) -> Drawn:
        """Return what a camera sees of a state whose positions are up to date."""
        if self._closed:
            raise RenderingError('a picture was wanted of a renderer that is closed')
        self._context.make_current()
        self._camera.fixedcamid = camera_id
        self._choose_geoms(data, camera_id)
        shape = (self._rect.height, self._rect.width)
        rgb = np.empty((*shape, 3), dtype=np.uint8)
        self._draw(rgb, None, by_number=False)
        # One more drawing gives both: depth is most exact where nothing is smoothed.
        numbers, buffer = np.empty_like(rgb), np.empty(shape, dtype=np.float32)
        self._draw(numbers, buffer, by_number=True)
        return Drawn(np.ascontiguousarray(rgb[::-1]), self._metres(buffer), self._geoms(numbers))

    def close(self) -> None:
        """Give back what was drawn with; a second call does nothing."""
        if not self._closed:
            self._closed = True
            self._context.make_current()
            self._drawing.free()
            self._context.free()

    def _choose_geoms(self, data: mujoco.MjData, camera_id: int) -> None:
        """Fill the scene with what may be in view: a house is mostly behind the camera."""
        seen = self._may_be_seen(data, camera_id)
        self._model.geom_group[:] = np.where(seen, self._groups, _NEVER_DRAWN)
        everything = mujoco.mjtCatBit.mjCAT_ALL.value
        mujoco.mjv_updateScene(
            self._model, data, self._option, None, self._camera, everything, self._scene
        )
        self._model.geom_group[:] = self._groups

    def _may_be_seen(self, data: mujoco.MjData, camera_id: int) -> NDArray[np.bool_]:
        """Return which geoms' bounding spheres reach into the camera's field of view."""
        camera_from_map = data.cam_xmat[camera_id].reshape(3, 3).T
        middles = (data.geom_xpos - data.cam_xpos[camera_id]) @ camera_from_map.T
        ahead, reach = -middles[:, 2], self._model.geom_rbound
        # Planes have no end, and no bounding sphere.
        seen: NDArray[np.bool_] = (ahead > -reach) | (reach == 0.0)
        half_rad = math.radians(self._model.cam_fovy[camera_id]) / 2
        wider = self._rect.width / self._rect.height
        for axis, border_rad in ((0, math.atan(math.tan(half_rad) * wider)), (1, half_rad)):
            beside = np.abs(middles[:, axis]) * math.cos(border_rad) - ahead * math.sin(border_rad)
            seen &= (beside <= reach) | (reach == 0.0)
        return seen

    def _draw(self, rgb: RgbArray, depth: NDArray[np.float32] | None, *, by_number: bool) -> None:
        flags = self._scene.flags
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = by_number
        flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = by_number
        mujoco.mjr_render(self._rect, self._scene, self._drawing)
        mujoco.mjr_readPixels(rgb, depth, self._rect, self._drawing)

    def _metres(self, buffer: NDArray[np.float32]) -> DepthArray:
        """Return the depth in metres of a buffer (H, W), bottom row first, 1 near and 0 far."""
        near, far = np.float32(NEAREST_M), np.float32(FARTHEST_M)
        # In 64 bits: a millimetre far away is the last digits of 32.
        inverted = buffer[::-1].astype(np.float64)
        inverted *= float(far - near)
        inverted += float(near)
        metres: DepthArray = (float(near) * float(far) / inverted).astype(np.float32)
        return metres

    def _geoms(self, numbers: RgbArray) -> NDArray[np.int32]:
        """Return the ids of geoms of a picture, bottom row first, that shows their numbers."""
        flipped = numbers[::-1]
        number = flipped[..., 1].astype(np.uint16)
        number <<= 8
        number |= flipped[..., 0]
        return np.take(self._geom_of_number(), number)

    def _geom_of_number(self) -> NDArray[np.int32]:
        shown = self._scene.ngeom
        geom_of_number = np.full(shown + 1, _NO_GEOM, dtype=np.int32)
        for geom in self._scene.geoms[:shown]:
            if geom.segid >= 0 and geom.objtype == mujoco.mjtObj.mjOBJ_GEOM:
                geom_of_number[geom.segid + 1] = geom.objid
        return geom_of_number


def _prepare(model: mujoco.MjModel, width_px: int, height_px: int, samples: int) -> None:
    """Let pictures of this size be drawn of a model, from NEAREST_M to FARTHEST_M."""
    model.vis.quality.offsamples = samples
    if not model.light_castshadow.any():
        # A map of shadows takes 64 MB, drawn or not.
        model.vis.quality.shadowsize = 0
    model.vis.global_.offwidth = max(width_px, model.vis.global_.offwidth)
    model.vis.global_.offheight = max(height_px, model.vis.global_.offheight)
    model.vis.map.znear = NEAREST_M / model.stat.extent
    model.vis.map.zfar = FARTHEST_M / model.stat.extent
