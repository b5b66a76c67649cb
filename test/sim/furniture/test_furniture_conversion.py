"""Models of a catalogue as meshes: their size, their front, their colours, fewer faces."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('fast_simplification')

from sim.catalogue_writing import write_catalogue

from vlm_nav.sim.furniture.furniture_conversion import Cut, convert
from vlm_nav.sim.furniture.furniture_import import import_furniture
from vlm_nav.sim.furniture.furniture_kinds import Kind
from vlm_nav.sim.furniture.furniture_meshes import MeshedThing, MeshPart, read_thing
from vlm_nav.sim.furniture.sweet_home import CatalogueError, SweetHomeCatalogue
from vlm_nav.sim.furniture.wavefront import ModelError, read_model

STOOL = 'blendswap-cc-0/stool/stool.obj'


def converted(folder: Path, cut: Cut | None = None) -> MeshedThing:
    catalogue = SweetHomeCatalogue(write_catalogue(folder / 'small.sh3f'))
    try:
        return convert(catalogue, catalogue.entry(STOOL), cut or Cut())
    finally:
        catalogue.close()


def color_at(part: MeshPart, vertex: int) -> list[int]:
    """Return the colour of a part's picture at a vertex."""
    height, width = part.picture.shape[:2]
    column, row = np.floor(part.places[vertex] * (width, height)).astype(int)
    return [int(c) for c in part.picture[min(row, height - 1), min(column, width - 1)]]


def pictured(thing: MeshedThing) -> MeshPart:
    """Return the part with the cloth, two triangles."""
    return next(part for part in thing.parts if len(part.faces) == 2)


def test_a_model_has_the_size_that_the_catalogue_says(tmp_path: Path) -> None:
    thing = converted(tmp_path)
    assert thing.size_m == pytest.approx((0.3, 0.4, 0.8))
    vertices = np.concatenate([part.vertices for part in thing.parts])
    assert vertices.min(axis=0) == pytest.approx([-0.15, -0.2, 0.0], abs=1e-3)
    assert vertices.max(axis=0) == pytest.approx([0.15, 0.2, 0.8], abs=1e-3)
    assert thing.creator == 'Some Body'


def test_the_front_of_a_model_looks_along_x(tmp_path: Path) -> None:
    cloth = pictured(converted(tmp_path))
    assert cloth.vertices[:, 0] == pytest.approx(0.15)
    a, b, c = cloth.vertices[cloth.faces[0]]
    assert np.cross(b - a, c - a)[0] > 0.0


def test_a_picture_keeps_its_left_and_its_top(tmp_path: Path) -> None:
    cloth = pictured(converted(tmp_path))
    assert max(cloth.picture.shape) == 256
    for vertex, place in zip(cloth.vertices, cloth.places, strict=True):
        # The model's x goes to the right as its front is looked at; here that is y.
        assert place[0] == pytest.approx(float(vertex[1] > 0.0))
        assert place[1] == pytest.approx(float(vertex[2] < 0.3))
    left = int(np.argmin(cloth.places[:, 0]))
    assert color_at(cloth, left) == [255, 0, 0]


def test_what_is_nearly_invisible_is_left_out(tmp_path: Path) -> None:
    faces = sum(len(part.faces) for part in converted(tmp_path).parts)
    assert faces == 2 * 4 + 2 + 2 * 200


def test_a_model_without_its_picture_keeps_its_colour(tmp_path: Path) -> None:
    thing = converted(tmp_path)
    plain = next(part for part in thing.parts if len(part.faces) > 2)
    top = int(np.argmax(plain.vertices[:, 2]))
    red, green, blue = color_at(plain, top)
    assert green > 180
    assert max(red, blue) < 60


def test_what_is_painted_is_white_for_the_paint_to_show(tmp_path: Path) -> None:
    thing = converted(tmp_path, Cut(painted=('seat',)))
    (painted,) = (part for part in thing.parts if part.painted)
    assert len(painted.faces) == 8
    assert (painted.picture == 255).all()
    assert all(part.painted for part in converted(tmp_path, Cut(painted_all=True)).parts)


def test_faces_are_cut_without_changing_the_shape(tmp_path: Path) -> None:
    thing = converted(tmp_path, Cut(faces=120))
    assert sum(len(part.faces) for part in thing.parts) < 160
    vertices = np.concatenate([part.vertices for part in thing.parts])
    assert np.ptp(vertices, axis=0) == pytest.approx([0.3, 0.4, 0.8], rel=0.05)


def test_a_kind_whose_model_is_missing_is_left_out(tmp_path: Path) -> None:
    table = {
        'stool': Kind(
            nouns=('stool',), size_m=(1, 1, 1), drawing='stool', model='stool/stool.obj'
        ),
        'lost': Kind(nouns=('lost',), size_m=(1, 1, 1), drawing='stool', model='lost/lost.obj'),
        'drawn': Kind(nouns=('drawn',), size_m=(1, 1, 1), drawing='stool'),
    }
    catalogue = write_catalogue(tmp_path / 'small.sh3f')
    assert import_furniture(catalogue, tmp_path / 'furniture', table) == ('stool',)
    assert [file.name for file in (tmp_path / 'furniture').iterdir()] == ['stool.npz']
    assert read_thing(tmp_path / 'furniture' / 'stool.npz').creator == 'Some Body'
    assert sorted(file.name for file in tmp_path.iterdir()) == ['furniture', 'small.sh3f']


def test_models_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    (tmp_path / 'furniture').mkdir()
    (tmp_path / 'furniture' / 'stool.npz').write_bytes(b'made before')
    assert import_furniture(tmp_path / 'nowhere.sh3f', tmp_path / 'furniture') == ()


def test_without_a_catalogue_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / 'broken.sh3f').write_bytes(b'not a zip')
    with pytest.raises(CatalogueError, match=r'broken\.sh3f'):
        import_furniture(tmp_path / 'broken.sh3f', tmp_path / 'furniture')
    assert [file.name for file in tmp_path.iterdir()] == ['broken.sh3f']


@pytest.mark.parametrize(
    'text',
    ['v 1 2\nf 1 2 3', 'v one 2 3', 'v 0 0 0\nf 1 2 3', 'v 0 0 0\nf 1/7 1/7 1/7', 'f -1 -2 -3'],
)
def test_a_text_that_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match=r'bad\.obj'):
        read_model('bad.obj', lambda _: text)


def test_indices_may_count_backwards_from_the_last_vertex() -> None:
    model = read_model('a.obj', lambda _: 'v 0 0 0\nv 1 0 0\nv 0 1 0\nf -3 -2 -1')
    assert model.triangles[''] == [((0, -1), (1, -1), (2, -1))]
