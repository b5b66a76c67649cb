"""Furniture to look at: models from a folder where there are any, drawings for the rest."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vlm_nav.sim.furniture.drawings import VARIANTS, drawing
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


def test_a_file_that_is_damaged_somewhere_is_read_whole_or_refused(tmp_path: Path) -> None:
    file, rng = tmp_path / 'chair.npz', np.random.default_rng(5)
    write_thing(file, some_thing())
    whole = file.read_bytes()
    for number in range(300):
        damaged = bytearray(whole)
        for at in rng.integers(len(whole), size=3):
            damaged[at] = rng.integers(256)
        end = len(whole) if number % 3 else rng.integers(len(whole))
        file.write_bytes(damaged[:end])
        with contextlib.suppress(FurnitureError):
            assert read_thing(file).size_m == SIZE_M


@pytest.mark.parametrize(
    'change',
    [
        {'faces': np.array([[0, 1, 9999]], dtype=np.int32)},
        {'faces': np.zeros((0, 3), dtype=np.int32)},
        {'vertices': np.full((4, 3), np.nan, dtype=np.float32)},
        {'vertices': np.zeros((4, 2), dtype=np.float32)},
        {'places': np.zeros((1, 2), dtype=np.float32)},
    ],
)
def test_triangles_that_cannot_be_drawn_are_refused(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    thing = some_thing()
    part = replace(thing.parts[0], **change)
    write_thing(tmp_path / 'chair.npz', replace(thing, parts=(part,)))
    with pytest.raises(FurnitureError, match='part 0'):
        read_thing(tmp_path / 'chair.npz')


def test_a_spoilt_model_is_told_and_drawn_and_the_others_are_taken(tmp_path: Path) -> None:
    write_thing(tmp_path / 'toilet.npz', some_thing())
    (tmp_path / 'couch.npz').write_bytes(b'PK\x03\x04 cut off')
    furniture = Furniture(tmp_path)
    (problem,) = furniture.spoilt()
    assert str(tmp_path / 'couch.npz') in problem
    number = VARIANTS + 1
    drawn = Furniture().look('couch', number)
    assert furniture.variant('couch', number) == Furniture().variant('couch', number)
    assert _same(furniture.look('couch', number), drawn)
    assert not _same(furniture.look('toilet'), Furniture().look('toilet'))


def _same(one: MeshedThing, other: MeshedThing) -> bool:
    return len(one.parts) == len(other.parts) and all(
        np.array_equal(part.vertices, same.vertices)
        for part, same in zip(one.parts, other.parts, strict=True)
    )


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
