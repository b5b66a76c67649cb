"""Colour pictures and depth from files, and from what is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sensor_data import folder, kitchen_depth, robot_floor_frame, tote

from vlm_nav.files.pictures import depth_of_file, rgb_of_file
from vlm_nav.files.reading import FileError
from vlm_nav.geometry.depth_encodings import DepthEncoding

RGB = np.random.default_rng(1).integers(0, 255, (24, 32, 3), dtype=np.uint8)
MILLIMETRES = np.arange(24 * 32, dtype=np.uint16).reshape(24, 32)


def png(array: Any, ending: str = '.png') -> bytes:
    """Return a picture as the bytes of a file."""
    encoded, data = cv2.imencode(ending, array)
    assert encoded
    return bytes(data.tobytes())


@pytest.mark.parametrize('ending', ['.png', '.ppm', '.bmp', '.tiff'])
def test_a_picture_is_read_in_the_order_of_its_colours(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f'picture{ending}'
    path.write_bytes(png(RGB[..., ::-1], ending))
    assert np.array_equal(rgb_of_file(path), RGB)


def test_the_ending_of_a_name_means_nothing(tmp_path: Path) -> None:
    path = tmp_path / 'picture.dat'
    path.write_bytes(png(RGB[..., ::-1]))
    assert np.array_equal(rgb_of_file(path), RGB)


@pytest.mark.data
def test_recorded_pictures_and_depths_are_read() -> None:
    data = folder('robot_floor_frame')
    frame = robot_floor_frame()
    assert np.array_equal(rgb_of_file(data / 'rgb.jpg'), frame.rgb)
    assert np.array_equal(depth_of_file(data / 'depth.png'), frame.depth_m, equal_nan=True)
    kitchen = folder('kitchen_7scenes') / 'frame-000036.depth.png'
    assert np.array_equal(depth_of_file(kitchen), kitchen_depth(36), equal_nan=True)
    assert rgb_of_file(folder('single_frames') / 'NYU_color.ppm').shape == (480, 640, 3)
    in_tote = depth_of_file(folder('tote_arc2017') / 'data.npz')
    assert np.array_equal(in_tote, tote().depth_m, equal_nan=True)


@pytest.mark.data
def test_the_encoding_of_depth_may_be_named() -> None:
    data = folder('single_frames')
    tum = depth_of_file(data / 'TUM_depth.png', DepthEncoding.FIVE_THOUSANDTHS)
    assert 0.5 < np.nanmedian(tum) < 5.0
    nyu = depth_of_file(data / 'NYU_depth.pgm', DepthEncoding.SWAPPED_DISPARITY)
    assert 0.5 < np.nanmedian(nyu) < 10.0


@pytest.mark.parametrize('name', ['d.png', 'd.npy', 'd.npz', 'd.tiff', 'd.pgm'])
def test_whole_numbers_are_millimetres(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix == '.npy':
        np.save(path, MILLIMETRES)
    elif path.suffix == '.npz':
        np.savez(path, MILLIMETRES)
    else:
        path.write_bytes(png(MILLIMETRES, path.suffix))
    depth_m = depth_of_file(path)
    assert np.isnan(depth_m[0, 0])
    assert depth_m[1, 0] == pytest.approx(0.032)


@pytest.mark.parametrize('name', ['d.npy', 'd.npz', 'd.tiff'])
def test_other_numbers_are_metres(tmp_path: Path, name: str) -> None:
    path, metres = tmp_path / name, MILLIMETRES.astype(np.float32) / 100.0
    metres[2, 2] = -1.0
    if path.suffix == '.npy':
        np.save(path, metres)
    elif path.suffix == '.npz':
        np.savez(path, rgb=RGB, depth=metres)
    else:
        path.write_bytes(png(metres, path.suffix))
    depth_m = depth_of_file(path)
    assert depth_m[1, 0] == pytest.approx(0.32)
    assert np.isnan(depth_m[2, 2])


def hostile(path: Path) -> dict[str, bytes]:
    """Return files that are no picture, by name."""
    whole = png(np.zeros((400, 400), dtype=np.uint16))
    huge = bytearray(png(RGB))
    huge[16:24] = (60000).to_bytes(4, 'big') * 2
    return {
        'empty.png': b'',
        'words.png': b'hello, world' * 10,
        'header.png': whole[:20],
        'huge.png': bytes(huge),
        'words.npy': b'hello',
        'words.npz': b'PK\x03\x04 no zip',
        'cut.npy': (path / 'whole.npy').read_bytes()[:-40],
        'pickled.npy': (path / 'pickled_whole.npy').read_bytes(),
    }


@pytest.mark.parametrize('read', [rgb_of_file, depth_of_file])
def test_what_is_no_picture_is_refused_by_its_name(tmp_path: Path, read: Any) -> None:
    np.save(tmp_path / 'whole.npy', MILLIMETRES)
    np.save(tmp_path / 'pickled_whole.npy', np.array([{}], dtype=object), allow_pickle=True)
    for name, data in hostile(tmp_path).items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FileError, match=rf'was wanted, .*{name}'):
            read(tmp_path / name)
    for path in (tmp_path, tmp_path / 'nowhere.png'):
        with pytest.raises(FileError, match='was wanted'):
            read(path)


def test_a_truncated_picture_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 60000, (200, 200), dtype=np.uint16)
    path = tmp_path / 'cut.png'
    path.write_bytes(png(noise)[:20000])
    with pytest.raises(FileError, match=r'cut\.png'):
        depth_of_file(path)


def test_a_colour_picture_is_no_depth(tmp_path: Path) -> None:
    (tmp_path / 'colour.png').write_bytes(png(RGB))
    with pytest.raises(FileError, match=r'\(H, W\)'):
        depth_of_file(tmp_path / 'colour.png')
    (tmp_path / 'grey.png').write_bytes(png(RGB[..., 0]))
    with pytest.raises(FileError, match='uint16'):
        depth_of_file(tmp_path / 'grey.png')


def test_an_archive_of_several_arrays_names_its_depth(tmp_path: Path) -> None:
    np.savez(tmp_path / 'several.npz', a=MILLIMETRES, b=MILLIMETRES)
    with pytest.raises(FileError, match="none is 'depth'"):
        depth_of_file(tmp_path / 'several.npz')
