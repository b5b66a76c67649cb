"""Drawings of furniture: there is one of each kind, it fills its box and no more."""

import numpy as np
import pytest

from vlm_nav.sim.furniture.drawings import VARIANTS, differs, drawing, drawings
from vlm_nav.sim.furniture.furniture_kinds import PAINTS, Kind, kinds
from vlm_nav.sim.furniture.furniture_meshes import MeshPart
from vlm_nav.sim.house.house_plan import Shape

every_kind = pytest.mark.parametrize('kind', kinds().values(), ids=kinds())


def corners(part: MeshPart) -> np.ndarray:
    """Return the corners of each face (n, 3, 3)."""
    return part.vertices[part.faces]


@every_kind
def test_every_kind_has_a_drawing_that_fills_its_box(kind: Kind) -> None:
    thing = drawing(kind.drawing, kind.size_m)
    vertices = np.concatenate([part.vertices for part in thing.parts])
    half = np.array(kind.size_m[:2]) / 2
    assert (np.abs(vertices[:, :2]) <= half * 1.03 + 1e-6).all()
    assert vertices[:, 2].max() <= kind.size_m[2] * 1.03
    filled = np.ptp(vertices, axis=0) / kind.size_m
    # A lid, a tap or a handle may stand back a little; what is flat has no height.
    assert (filled[: 2 if kind.shape is Shape.FLAT else 3] > 0.65).all()


@every_kind
def test_what_stands_on_the_floor_touches_it(kind: Kind) -> None:
    if not kind.hung_m:
        thing = drawing(kind.drawing, kind.size_m)
        lowest = min(float(part.vertices[:, 2].min()) for part in thing.parts)
        assert lowest == pytest.approx(0.0, abs=0.011)


@every_kind
def test_what_comes_in_colours_has_something_to_paint(kind: Kind) -> None:
    thing = drawing(kind.drawing, kind.size_m)
    assert not kind.colors or any(part.painted for part in thing.parts)


@every_kind
def test_its_colours_are_ones_that_there_are(kind: Kind) -> None:
    assert set(kind.colors) <= set(PAINTS)


@pytest.mark.parametrize('name', drawings())
def test_faces_are_seen_from_without(name: str) -> None:
    for part in drawing(name, (1.0, 1.0, 1.0)).parts:
        a, b, c = np.moveaxis(corners(part), 1, 0)
        volume = np.einsum('ij,ij->i', a, np.cross(b, c)).sum() / 6.0
        assert volume > 0.0 or len(part.faces) == 2 or np.ptp(part.vertices[:, 2]) == 0.0


@pytest.mark.parametrize('name', drawings())
def test_only_what_is_said_to_differ_has_variants(name: str) -> None:
    looks = {
        tuple(part.picture.tobytes() for part in drawing(name, (1.0, 1.0, 1.0), variant).parts)
        for variant in range(VARIANTS)
    }
    assert (len(looks) > 1) == differs(name)


def test_a_picture_on_a_front_is_upright_and_not_mirrored() -> None:
    clock = drawing('clock', (0.05, 0.4, 0.4)).parts[-1]
    # Seen from the front, x, the left of the picture is where y is low, its top where z is high.
    for vertex, place in zip(clock.vertices, clock.places, strict=True):
        assert place[0] == (vertex[1] > 0.0)
        assert place[1] == (vertex[2] < 0.2)
