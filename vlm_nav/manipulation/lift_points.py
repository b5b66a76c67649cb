"""Many pixels at once to points with their uncertainty and where they come from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import HandReason, ObservationReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.ground import Plane, intersect
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.manipulation.lifted import LiftSource
from vlm_nav.manipulation.surfaces import Surfaces, depth_std_m, fit_surfaces
from vlm_nav.observation.rgbd_frame import RgbdFrame

_LEAST_KNOWN = 8
# What shares of the neighbours must lie on the surface of a pixel without depth, of one with
# depth (right beside it), and around one whose own depth is none of theirs.
_LEAST_FILLED = 0.6
_LEAST_BESIDE = 0.35
_LEAST_AROUND_SPECK = 0.8
_WIDE_STEP_PX = 3
_PIXEL_STD_PX = 0.5
_OWN_SIGMAS = 4.0


@dataclass(frozen=True)
class LiftSettings:
    """What is lifted.

    Depth is trusted from `nearest_m` to `farthest_m` from the camera. Where nothing near a pixel
    is measured, its ray may meet `plane` (in the base frame) if one is given. A picture older
    than `maximum_age_s` is refused where the time is told. An object is `largest_m` wide at most.
    """

    nearest_m: float = 0.1
    farthest_m: float = 3.0
    plane: Plane | None = None
    maximum_age_s: float = 2.0
    largest_m: float = 0.4

    def __post_init__(self) -> None:
        """Raise InvalidValueError for ranges, ages and sizes that are none."""
        if not 0.0 <= self.nearest_m < self.farthest_m < math.inf:
            raise InvalidValueError(
                f'depth is trusted from 0 m or more to some distance, got {self.nearest_m} to '
                f'{self.farthest_m}'
            )
        if not (self.maximum_age_s > 0.0 and 0.0 < self.largest_m < math.inf):
            raise InvalidValueError(
                f'ages and sizes are above 0, got maximum_age_s {self.maximum_age_s} and '
                f'largest_m {self.largest_m}'
            )


@dataclass(frozen=True, eq=False)
class LiftedPoints:
    """Points (n, 3) of n pixels in the base frame, NaN where `reason` says why there is none.

    `normals_base` (n, 3) have length 1 and point towards the camera; `sigma_m` (n,) is the
    standard deviation along the ray; `source` (n,) holds LiftSource or None, `reason` (n,) None
    or why not.
    """

    points_base: FloatArray
    normals_base: FloatArray
    sigma_m: FloatArray
    source: NDArray[np.object_]
    reason: NDArray[np.object_]


def lift_points(
    frame: RgbdFrame, pixels: ArrayLike, settings: LiftSettings = LiftSettings()
) -> LiftedPoints:
    """Return the points that pixels (n, 2) of u and v show."""
    asked = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
    rays = frame.camera.rays(asked)
    inside = frame.camera.contains(asked) & np.isfinite(rays).all(axis=1)
    found = _Found.nothing(len(asked))
    found.reason[~inside] = ObservationReason.PIXEL_OUTSIDE_IMAGE
    if frame.depth_m is None:
        found.reason[inside] = ObservationReason.NO_DEPTH
    else:
        _fill_in(found, frame, np.flatnonzero(inside), asked)
    if settings.plane is not None:
        camera_plane = settings.plane.seen_from(inverse(frame.base_from_camera))
        _put_on_plane(found, frame, asked, inside, camera_plane)
    distance_m = found.depth_m * np.linalg.norm(rays, axis=1)
    with np.errstate(invalid='ignore'):
        beyond = (distance_m < settings.nearest_m) | (distance_m > settings.farthest_m)
    found.refuse(beyond, HandReason.BEYOND_RANGE)
    return LiftedPoints(
        points_base=transform_points(frame.base_from_camera, rays * found.depth_m[:, None]),
        normals_base=found.normals @ frame.base_from_camera[:3, :3].T,
        sigma_m=found.sigma_m,
        source=found.source,
        reason=found.reason,
    )


@dataclass
class _Found:
    """What is known so far of n pixels, in the optical frame."""

    depth_m: FloatArray
    normals: FloatArray
    sigma_m: FloatArray
    source: NDArray[np.object_]
    reason: NDArray[np.object_]

    @classmethod
    def nothing(cls, count: int) -> _Found:
        return cls(
            np.full(count, np.nan),
            np.full((count, 3), np.nan),
            np.full(count, np.nan),
            np.full(count, None, dtype=object),
            np.full(count, HandReason.NO_SURFACE, dtype=object),
        )

    def put(
        self, at: NDArray[np.int64], surfaces: Surfaces, rows: NDArray[np.bool_], how: LiftSource
    ) -> None:
        """Take the surfaces of `rows` (of those at the pixels `at`) for what the pixels show."""
        chosen = at[rows]
        fitted_m = surfaces.depth_m[rows]
        noise_m = depth_std_m(fitted_m)
        if how is LiftSource.MEASURED:
            # The surface takes the noise out of what was measured, and no more than that.
            own_m = surfaces.own_m[rows]
            self.depth_m[chosen] = np.clip(own_m, fitted_m - noise_m, fitted_m + noise_m)
        else:
            self.depth_m[chosen] = fitted_m
        self.normals[chosen] = surfaces.normals[rows]
        extra_m = 0.0 if how is LiftSource.MEASURED else noise_m
        self.sigma_m[chosen] = np.hypot(noise_m, surfaces.rms_m[rows]) + extra_m
        self.source[chosen] = how
        self.reason[chosen] = None

    def refuse(self, rows: NDArray[np.bool_], reason: HandReason) -> None:
        """Take back what was found at `rows`."""
        for array in (self.depth_m, self.normals, self.sigma_m):
            array[rows] = np.nan
        self.source[rows] = None
        self.reason[rows] = reason


def _fill_in(found: _Found, frame: RgbdFrame, at: NDArray[np.int64], asked: FloatArray) -> None:
    """Lift the pixels `at`, those without depth of their own from their neighbours."""
    near = _surfaces(frame, asked[at], 1)
    has_own = np.isfinite(near.own_m)
    with np.errstate(invalid='ignore'):
        agrees = np.abs(near.own_m - near.depth_m) < _OWN_SIGMAS * depth_std_m(near.own_m)
    measured = has_own & agrees & (near.beside >= _LEAST_BESIDE)
    found.put(at, near, measured, LiftSource.MEASURED)
    # A speck is taken away and the hole that it leaves is filled as any other.
    specks = at[has_own & ~measured]
    _fill_specks(found, frame, specks, asked)
    holes = at[~has_own]
    closed = _fill_holes(found, holes, near, ~has_own, _LEAST_FILLED)
    open_holes = holes[~closed]
    if not len(open_holes):
        return
    wide = _surfaces(frame, asked[open_holes], _WIDE_STEP_PX)
    every = np.ones(len(open_holes), dtype=np.bool_)
    _fill_holes(found, open_holes, wide, every, _LEAST_AROUND_SPECK)


def _fill_specks(
    found: _Found, frame: RgbdFrame, at: NDArray[np.int64], asked: FloatArray
) -> None:
    found.reason[at] = HandReason.MIXED_SURFACE
    if not len(at) or frame.depth_m is None:
        return
    without = frame.depth_m.copy()
    whole = _whole(asked[at])
    without[whole[:, 1], whole[:, 0]] = np.nan
    around = fit_surfaces(without, frame.rgb, frame.camera, whole)
    _fill_holes(found, at, around, np.ones(len(at), dtype=np.bool_), _LEAST_AROUND_SPECK)


def _fill_holes(
    found: _Found,
    at: NDArray[np.int64],
    surfaces: Surfaces,
    rows: NDArray[np.bool_],
    least_share: float,
) -> NDArray[np.bool_]:
    """Fill the holes `at`, which are `rows` of the surfaces, and return which were filled."""
    known = surfaces.known[rows] >= _LEAST_KNOWN
    on_one = surfaces.share[rows] >= least_share
    filled = known & on_one & surfaces.surrounded[rows] & np.isfinite(surfaces.depth_m[rows])
    found.reason[at[known & ~on_one]] = HandReason.MIXED_SURFACE
    chosen = np.zeros(len(rows), dtype=np.bool_)
    chosen[np.flatnonzero(rows)[filled]] = True
    everywhere = np.full(len(rows), -1)
    everywhere[rows] = at
    found.put(everywhere, surfaces, chosen, LiftSource.FILLED)
    return filled


def _put_on_plane(
    found: _Found,
    frame: RgbdFrame,
    asked: FloatArray,
    inside: NDArray[np.bool_],
    camera_plane: Plane,
) -> None:
    """Put pixels without any depth near them on the plane, given in the optical frame."""
    missing = (found.reason == HandReason.NO_SURFACE) | (
        found.reason == ObservationReason.NO_DEPTH
    )
    at = np.flatnonzero(missing & inside)
    steps = np.array(((0.0, 0.0), (0.0, _PIXEL_STD_PX), (0.0, -_PIXEL_STD_PX)))
    rays = frame.camera.rays(asked[at][:, None] + steps)
    depths_m = intersect(camera_plane, np.zeros(3), rays)[..., 2]
    met = np.isfinite(depths_m).all(axis=1)
    at, depths_m = at[met], depths_m[met]
    found.depth_m[at] = depths_m[:, 0]
    found.sigma_m[at] = np.abs(depths_m[:, 1:] - depths_m[:, :1]).max(axis=1)
    found.normals[at] = np.sign(camera_plane.offset_m) * np.array(camera_plane.normal)
    found.source[at] = LiftSource.PLANE
    found.reason[at] = None


def _surfaces(frame: RgbdFrame, asked: FloatArray, step_px: int) -> Surfaces:
    if frame.depth_m is None:
        raise InvalidValueError('surfaces need a frame with depth, got one without')
    return fit_surfaces(frame.depth_m, frame.rgb, frame.camera, _whole(asked), step_px)


def _whole(asked: FloatArray) -> NDArray[np.int64]:
    whole: NDArray[np.int64] = np.rint(asked).astype(np.int64)
    return whole
