"""Pictures, depth and grids come back bit for bit."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_nav.geometry.depth_encodings import DepthEncoding, read_depth
from vlm_nav.records.errors import RecordError
from vlm_nav.records.pictures import (
    color_of_png,
    depth_file,
    grid_of_png,
    png_of_color,
    png_of_grid,
    read_depth_file,
)

SEEDS = st.integers(0, 2**32 - 1)


def there_and_back(depth_m: np.ndarray) -> tuple[str, np.ndarray]:
    ending, data = depth_file(depth_m)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f'depth.{ending}'
        path.write_bytes(data)
        return ending, read_depth_file(path)


@given(SEEDS)
def test_depth_in_millimetres_is_a_png(seed: int) -> None:
    stored = np.random.default_rng(seed).integers(0, 65536, (7, 9)).astype(np.uint16)
    depth_m = read_depth(stored, DepthEncoding.MILLIMETRES)
    ending, again = there_and_back(depth_m)
    assert ending == 'png'
    assert again.dtype == np.float32
    assert np.array_equal(again, depth_m, equal_nan=True)


@given(SEEDS, st.sampled_from([0.0, -1.0, 1e-4, 70.0, np.inf, -np.inf, np.nan]))
def test_any_other_depth_is_kept_as_it_is(seed: int, odd: float) -> None:
    depth_m = np.random.default_rng(seed).normal(2.0, 1.0, (5, 4)).astype(np.float32)
    depth_m[1, 2] = odd
    ending, again = there_and_back(depth_m)
    assert ending == 'npy'
    assert np.array_equal(again, depth_m, equal_nan=True)


@given(SEEDS)
def test_a_picture_is_kept_as_it_is(seed: int) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (6, 5, 3)).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'look.png'
        path.write_bytes(png_of_color(rgb))
        assert np.array_equal(color_of_png(path), rgb)


def test_a_grid_is_kept_as_it_is_though_it_is_a_part_of_a_larger_one(tmp_path: Path) -> None:
    values = np.arange(-128, 128, dtype=np.int8).reshape(16, 16)[::-1, 3:11:2]
    path = tmp_path / 'costmap.png'
    path.write_bytes(png_of_grid(values))
    again = grid_of_png(path)
    assert again.dtype == np.int8
    assert np.array_equal(again, values)


def test_what_is_no_picture_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / 'look.png'
    path.write_bytes(b'words')
    with pytest.raises(RecordError, match=r'look\.png, got 5 bytes'):
        color_of_png(path)
    with pytest.raises(RecordError, match=r'absent\.png'):
        grid_of_png(tmp_path / 'absent.png')
