"""Reads models in Wavefront's OBJ and MTL formats, as far as furniture needs them."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError

Corner = tuple[int, int]
"""The indices of a corner's vertex and of its place on the picture, -1 where it has none."""

Triangle = tuple[Corner, Corner, Corner]


class ModelError(InvalidValueError):
    """A file is no model, or names what is not there."""


@dataclass(frozen=True)
class ModelMaterial:
    """How a part looks: a colour (0..1), 1 for opaque, and a picture's path, '' for none."""

    color: tuple[float, float, float] = (0.8, 0.8, 0.8)
    opacity: float = 1.0
    picture: str = ''


@dataclass(frozen=True, eq=False)
class WavefrontModel:
    """Vertices (n, 3), places (m, 2) on pictures from their lower left corner, triangles."""

    vertices: NDArray[np.float64]
    places: NDArray[np.float64]
    triangles: dict[str, list[Triangle]]
    materials: dict[str, ModelMaterial]


def read_model(path: str, read: Callable[[str], str]) -> WavefrontModel:
    """Return the model at `path`; `read` returns the text of a file that is named by path.

    Paths in the files count from the folder of the file that names them. Raises ModelError where
    the text is no model.
    """
    vertices: list[list[float]] = []
    places: list[list[float]] = []
    triangles: dict[str, list[Triangle]] = {}
    materials: dict[str, ModelMaterial] = {}
    material = ''
    try:
        for word, rest in _statements(read(path)):
            if word == 'v':
                vertices.append(_numbers(rest, 3))
            elif word == 'vt':
                places.append(_numbers(rest, 2))
            elif word == 'f':
                corners = [_corner(text, len(vertices), len(places)) for text in rest.split()]
                triangles.setdefault(material, []).extend(_fan(corners))
            elif word == 'usemtl':
                material = rest
            elif word == 'mtllib':
                library = _beside(path, rest)
                materials.update(_materials(library, read(library)))
    except (ValueError, IndexError) as error:
        raise ModelError(f'{path} is no Wavefront model: {error}') from error
    model = WavefrontModel(
        np.array(vertices, dtype=np.float64).reshape(-1, 3),
        np.array(places, dtype=np.float64).reshape(-1, 2),
        triangles,
        materials,
    )
    _check_indices(path, model)
    return model


def _statements(text: str) -> list[tuple[str, str]]:
    """Return the first word and the rest of each line that says something."""
    lines = (line.strip().partition(' ') for line in text.replace('\t', ' ').splitlines())
    return [(word, rest.strip()) for word, _, rest in lines if word and not word.startswith('#')]


def _numbers(text: str, count: int) -> list[float]:
    """Return the first numbers of a text; raises ValueError where there are fewer."""
    numbers = [float(word) for word in text.split()[:count]]
    if len(numbers) < count:
        raise ValueError(f'{count} numbers were wanted, got {text!r}')
    return numbers


def _corner(text: str, vertices: int, places: int) -> Corner:
    """Return the indices in a corner like 3/4/5: they count from 1, or backwards from the end."""
    vertex, _, others = text.partition('/')
    place = others.partition('/')[0]
    return _index(vertex, vertices), _index(place, places) if place else -1


def _index(text: str, count: int) -> int:
    number = int(text)
    return number - 1 if number > 0 else count + number


def _fan(corners: list[Corner]) -> list[Triangle]:
    """Return the triangles of a convex polygon."""
    return [(corners[0], second, third) for second, third in itertools.pairwise(corners[1:])]


def _materials(path: str, text: str) -> dict[str, ModelMaterial]:
    found: dict[str, ModelMaterial] = {}
    name = ''
    for word, rest in _statements(text):
        if word == 'newmtl':
            name = rest
            found[name] = ModelMaterial()
        elif word == 'Kd':
            red, green, blue = _numbers(rest, 3)
            found[name] = replace(found[name], color=(red, green, blue))
        elif word == 'd':
            found[name] = replace(found[name], opacity=float(rest.split()[-1]))
        elif word == 'map_Kd':
            found[name] = replace(found[name], picture=_beside(path, rest))
    return found


def _beside(path: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name.replace('\\', '/')))


def _check_indices(path: str, model: WavefrontModel) -> None:
    for triangles in model.triangles.values():
        corners = np.array(triangles).reshape(-1, 2)
        too_high = (corners >= (len(model.vertices), max(len(model.places), 1))).any()
        if too_high or (corners[:, 0] < 0).any():
            raise ModelError(f'{path} has a face that names a vertex which is not there')
