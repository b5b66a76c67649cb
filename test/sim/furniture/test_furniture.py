"""Furniture to look at: models from a folder where there are any, drawings for the rest."""

from pathlib import Path

import numpy as np
import pytest

from vlm_nav.sim.furniture.drawings import drawing
from vlm_nav.sim.furniture.furniture import Furniture
from vlm_nav.sim.furniture.furniture_cache import furniture_folder
from vlm_nav.sim.furniture.furniture_kinds import kinds
from vlm_nav.sim.furniture.furniture_meshes import (
    FurnitureError,
    MeshedThing,
    read_thing,
    write_thing,
)

SIZE_M = (0.5, 0.6, 0.7)


def some_thing() -> MeshedThing:
    return drawing('chair', SIZE_M)


def test_a_thing_comes_back_from_its_file(tmp_path: Path) -> None:
    thing = some_thing()
    write_thing(tmp_path / 'chair.npz', thing)
    back = read_thing(tmp_path / 'chair.npz')
    assert back.size_m == SIZE_M
    for part, other in zip(thing.parts, back.parts, strict=True):
        assert np.allclose(part.vertices, other.vertices)
        assert (part.faces == other.faces).all()
        assert np.allclose(part.places, other.places, atol=1e-3)
        assert (part.picture == other.picture).all()
        assert part.painted == other.painted


@pytest.mark.parametrize('content', [b'', b'PK\x03\x04 cut off', b'no furniture at all' * 50])
def test_a_file_that_is_no_furniture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / 'chair.npz').write_bytes(content)
    with pytest.raises(FurnitureError, match=r'chair\.npz'):
        read_thing(tmp_path / 'chair.npz')


def test_a_model_in_the_folder_is_taken_in_the_size_of_its_kind(tmp_path: Path) -> None:
    write_thing(tmp_path / 'toilet.npz', some_thing())
    furniture = Furniture(tmp_path)
    assert furniture.has_models
    vertices = np.concatenate([part.vertices for part in furniture.look('toilet').parts])
    wanted = np.array(kinds()['toilet'].size_m) / SIZE_M
    plain = np.concatenate([part.vertices for part in some_thing().parts])
    assert np.ptp(vertices, axis=0) == pytest.approx(np.ptp(plain, axis=0) * wanted)


def test_what_has_no_model_is_drawn(tmp_path: Path) -> None:
    furniture = Furniture(tmp_path / 'nowhere')
    assert not furniture.has_models
    drawn = drawing(kinds()['couch'].drawing, kinds()['couch'].size_m)
    assert len(furniture.look('couch').parts) == len(drawn.parts)


def test_a_variable_names_the_folder() -> None:
    assert furniture_folder({'VLM_NAV_FURNITURE': '/somewhere'}) == Path('/somewhere')
    cache = furniture_folder({'XDG_CACHE_HOME': '/cache'})
    assert cache.is_relative_to('/cache/vlm_nav')
    assert furniture_folder({}).is_relative_to(Path.home() / '.cache')


def test_who_has_no_home_gets_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(cls: type[Path]) -> Path:
        raise RuntimeError('Could not determine home directory.')

    monkeypatch.setattr(Path, 'home', classmethod(nowhere))
    assert furniture_folder({}).is_absolute()
