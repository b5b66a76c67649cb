"""Turns a model of a furniture catalogue into a few small meshes with pictures on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import cv2
import fast_simplification
import numpy as np
from numpy.typing import NDArray

from vlm_nav.sim.furniture.furniture_meshes import MeshedThing, MeshPart
from vlm_nav.sim.furniture.sweet_home import CatalogueEntry, CatalogueError, SweetHomeCatalogue
from vlm_nav.sim.furniture.wavefront import ModelMaterial, WavefrontModel

_PICTURE_PX = 256
# A palette's colour takes this many pixels, so that drawing does not mix it with its neighbours.
_PALETTE_CELL_PX = 8
# What is nearly invisible, as panes of glass, is left out.
_LEAST_OPACITY = 0.25
_FEWEST_FACES_TO_CUT = 60
# How bright what is painted is on average, so that a paint keeps its colour on it.
_PAINTED_BRIGHTNESS = 215.0
_CM_IN_M = 100.0
_DARKEST, _LIGHTER = 0.07, 0.85


@dataclass(frozen=True)
class Cut:
    """How a model is made smaller: its faces in all, and the materials that take a paint."""

    faces: int = 2500
    painted: Collection[str] = ()
    painted_all: bool = False

    def paints(self, material: str) -> bool:
        """Return whether a material takes the colour of the thing."""
        return self.painted_all or material in self.painted


@dataclass(frozen=True, eq=False)
class _Group:
    """Triangles (n, 3, 2) of corners that share a material."""

    material: ModelMaterial
    corners: NDArray[np.int64]


def convert(catalogue: SweetHomeCatalogue, entry: CatalogueEntry, cut: Cut) -> MeshedThing:
    """Return the meshes of a catalogue's model in a thing's frame.

    Raises CatalogueError or ModelError where the archive holds no such model.
    """
    model = _without_lost_pictures(catalogue.read_model(entry), catalogue)
    vertices = _in_thing_frame(model, entry)
    keep = min(1.0, cut.faces / max(1, sum(len(found) for found in model.triangles.values())))
    parts: list[MeshPart] = []
    for painted in (False, True):
        groups = list(_groups(model, cut, painted, keep))
        plain = [group for group in groups if not group.material.picture]
        if plain:
            parts.append(_palette_part(vertices, plain, keep, painted))
        for path in sorted({group.material.picture for group in groups} - {''}):
            pictured = [group.corners for group in groups if group.material.picture == path]
            picture = _picture(catalogue, path, painted)
            corners = np.concatenate(pictured)
            parts.append(_pictured_part(vertices, model.places, corners, keep, picture, painted))
    width_m, height_m, depth_m = (length / _CM_IN_M for length in entry.size_cm)
    return MeshedThing(tuple(parts), (depth_m, width_m, height_m), entry.creator)


def _without_lost_pictures(model: WavefrontModel, catalogue: SweetHomeCatalogue) -> WavefrontModel:
    """Return the model in plain colours where it names pictures that the archive lacks."""
    materials = {
        name: material if catalogue.has(material.picture) else replace(material, picture='')
        for name, material in model.materials.items()
    }
    return replace(model, materials=materials)


def _in_thing_frame(model: WavefrontModel, entry: CatalogueEntry) -> NDArray[np.float64]:
    """Return the vertices with the size of the entry: its front z becomes x, its y up z."""
    vertices = model.vertices
    if entry.rotation:
        vertices = vertices @ np.array(entry.rotation).reshape(3, 3).T
    used = np.unique(
        np.concatenate([np.array(t)[..., 0].ravel() for t in model.triangles.values()])
    )
    low, high = vertices[used].min(axis=0), vertices[used].max(axis=0)
    middle = (low + high) / 2
    middle[1] = low[1]
    scale = np.array(entry.size_cm) / _CM_IN_M / np.maximum(high - low, 1e-9)
    in_metres: NDArray[np.float64] = ((vertices - middle) * scale)[:, [2, 0, 1]]
    return in_metres


def _groups(model: WavefrontModel, cut: Cut, painted: bool, keep: float) -> Iterator[_Group]:
    """Return the triangles of each material that is, or is not, painted."""
    for name, triangles in model.triangles.items():
        material = model.materials.get(name, ModelMaterial())
        visible = material.opacity > _LEAST_OPACITY or material.picture
        if visible and cut.paints(name) == painted and triangles:
            if painted and keep < 1.0:
                # Under a paint a picture hardly shows, and a mesh without one is cut without gaps.
                material = replace(material, picture='')
            yield _Group(material, np.array(triangles, dtype=np.int64))


def _palette_part(
    vertices: NDArray[np.float64], groups: list[_Group], keep: float, painted: bool
) -> MeshPart:
    """Return parts without pictures as one mesh with their colours side by side on a picture."""
    meshes, places = [], []
    palette = np.zeros((_PALETTE_CELL_PX, _PALETTE_CELL_PX * len(groups), 3), dtype=np.uint8)
    for index, group in enumerate(groups):
        mesh = _cut(*_compact(vertices, group.corners[..., 0]), keep)
        meshes.append(mesh)
        column = index * _PALETTE_CELL_PX
        palette[:, column : column + _PALETTE_CELL_PX] = (
            255 if painted else _lightened(group.material.color)
        )
        places.append(np.tile([(index + 0.5) / len(groups), 0.5], (len(mesh[0]), 1)))
    offsets = np.cumsum([0, *(len(found) for found, _ in meshes)])
    return MeshPart(
        np.concatenate([found for found, _ in meshes]).astype(np.float32),
        np.concatenate([f + offset for (_, f), offset in zip(meshes, offsets, strict=False)]),
        np.concatenate(places).astype(np.float32),
        palette,
        painted,
    )


def _lightened(color: tuple[float, float, float]) -> NDArray[np.uint8]:
    """Return a colour in which the shape of black things still shows."""
    light = (_DARKEST + (1.0 - _DARKEST) * np.array(color).clip(0.0, 1.0) ** _LIGHTER) * 255.0
    lightened: NDArray[np.uint8] = light.round().astype(np.uint8)
    return lightened


def _compact(
    vertices: NDArray[np.float64], faces: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return only the vertices that are used, those in one place made one."""
    used, places = np.unique(vertices[faces.ravel()].round(6), axis=0, return_inverse=True)
    return used.astype(np.float32), _whole(places.reshape(-1, 3).astype(np.int32))


def _whole(faces: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the faces without those that are only a line or a point."""
    a, b, c = faces.T
    kept: NDArray[np.int32] = faces[(a != b) & (b != c) & (a != c)]
    return kept


def _cut(
    vertices: NDArray[np.float32], faces: NDArray[np.int32], keep: float
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return a share of the faces that look much the same."""
    if keep >= 1.0 or len(faces) < _FEWEST_FACES_TO_CUT:
        return vertices, faces
    points, left = fast_simplification.simplify(vertices, faces, target_reduction=1.0 - keep)
    return points, left.astype(np.int32)


def _pictured_part(
    vertices: NDArray[np.float64],
    places: NDArray[np.float64],
    corners: NDArray[np.int64],
    keep: float,
    picture: NDArray[np.uint8],
    painted: bool,
) -> MeshPart:
    """Return a mesh with a picture: a vertex for each vertex and its place on the picture."""
    pairs, faces = np.unique(corners.reshape(-1, 2), axis=0, return_inverse=True)
    points = vertices[pairs[:, 0]].astype(np.float32)
    on_picture = np.full((len(pairs), 2), 0.5)
    known = pairs[:, 1] >= 0
    on_picture[known] = places[pairs[known, 1]]
    on_picture -= np.floor(on_picture.mean(axis=0))
    on_picture[:, 1] = 1.0 - on_picture[:, 1]
    triangles = _whole(faces.reshape(-1, 3).astype(np.int32))
    if keep < 1.0 and len(triangles) >= _FEWEST_FACES_TO_CUT:
        points, triangles, on_picture = _cut_pictured(points, triangles, on_picture, keep)
    return MeshPart(points, triangles, on_picture.astype(np.float32), picture, painted)


def _cut_pictured(
    points: NDArray[np.float32],
    faces: NDArray[np.int32],
    on_picture: NDArray[np.float64],
    keep: float,
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float64]]:
    """Cut faces; what is left of several vertices lies amid their places on the picture."""
    cut, left, collapses = fast_simplification.simplify(
        points, faces, target_reduction=1.0 - keep, return_collapses=True
    )
    cut, left, becomes = fast_simplification.replay_simplification(points, faces, collapses)
    # A vertex of no face becomes nothing.
    kept = becomes >= 0
    becomes, on_picture = becomes[kept], on_picture[kept]
    count = np.maximum(np.bincount(becomes, minlength=len(cut)), 1)
    mean = np.stack(
        [np.bincount(becomes, on_picture[:, axis], len(cut)) / count for axis in range(2)], axis=1
    )
    return cut, left.astype(np.int32), mean


def _picture(catalogue: SweetHomeCatalogue, path: str, painted: bool) -> NDArray[np.uint8]:
    """Return a picture of at most 256 pixels a side; one to be painted is grey and light."""
    data = np.frombuffer(catalogue.read(path), dtype=np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if picture is None:
        raise CatalogueError(f'{path} is no picture')
    scale = _PICTURE_PX / max(picture.shape[:2])
    if scale < 1.0:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if not painted:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float64)
    grey *= _PAINTED_BRIGHTNESS / max(1.0, grey.mean())
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
