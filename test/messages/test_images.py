"""Image messages of every kind, and hostile ones."""

import array
import struct
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from vlm_nav.core.reasons import ObservationReason
from vlm_nav.messages import raw_images
from vlm_nav.messages.errors import EmptyImageError, ImageError, UnknownEncodingError
from vlm_nav.messages.images import (
    depth_from_message,
    encoding_of,
    is_depth,
    rgb_from_message,
)

RANDOM = np.random.default_rng(7)
RGB = RANDOM.integers(0, 255, (6, 5, 3), dtype=np.uint8)


def raw(pixels: np.ndarray, encoding: str, padding: int = 0, bigendian: int = 0) -> Any:
    """Return an Image of rows of bytes, each followed by `padding` bytes of rubbish."""
    rows = np.ascontiguousarray(pixels).reshape(len(pixels), -1).view(np.uint8)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=7)
    return SimpleNamespace(
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=bigendian,
        step=padded.shape[1],
        data=array.array('B', padded.tobytes()),
    )


def compressed(data: bytes, name: str) -> Any:
    """Return a CompressedImage."""
    return SimpleNamespace(format=name, data=array.array('B', data))


def encoded(pixels: np.ndarray, suffix: str = '.png') -> bytes:
    """Return OpenCV's encoding of an array."""
    return cv2.imencode(suffix, pixels)[1].tobytes()


def with_alpha(rgb: np.ndarray) -> np.ndarray:
    """Return the picture with a fourth channel."""
    return np.dstack([rgb, np.full(rgb.shape[:2], 9, np.uint8)])


@pytest.mark.parametrize('padding', [0, 3])
@pytest.mark.parametrize(
    ('encoding', 'pixels'),
    [
        ('rgb8', RGB),
        ('bgr8', RGB[..., ::-1]),
        ('8UC3', RGB[..., ::-1]),
        ('rgba8', with_alpha(RGB)),
        ('bgra8', with_alpha(RGB[..., ::-1])),
    ],
)
def test_colour_of_every_encoding_is_rgb(encoding: str, pixels: np.ndarray, padding: int) -> None:
    np.testing.assert_array_equal(rgb_from_message(raw(pixels, encoding, padding)), RGB)


@pytest.mark.parametrize('encoding', ['mono8', '8UC1'])
def test_grey_fills_all_three_channels(encoding: str) -> None:
    grey = RGB[..., 0]
    rgb = rgb_from_message(raw(grey, encoding, padding=1))
    np.testing.assert_array_equal(rgb, np.repeat(grey[..., None], 3, axis=2))


def test_rgb8_is_a_read_only_view_of_the_message() -> None:
    message = raw(RGB, 'rgb8', padding=2)
    rgb = rgb_from_message(message)
    assert np.shares_memory(rgb, np.frombuffer(message.data, np.uint8))
    assert not rgb.flags.writeable


@pytest.mark.parametrize('encoding', ['16UC1', 'mono16'])
@pytest.mark.parametrize(('bigendian', 'order'), [(0, '<'), (1, '>')])
def test_millimetres_become_metres_and_what_is_unknown_becomes_nan(
    encoding: str, bigendian: int, order: str
) -> None:
    stored = np.array([[0, 1500], [65535, 65534]], order + 'u2')
    depth_m = depth_from_message(raw(stored, encoding, padding=3, bigendian=bigendian))
    assert depth_m.dtype == np.float32
    np.testing.assert_allclose(depth_m, [[np.nan, 1.5], [np.nan, 65.534]], rtol=1e-6)


@pytest.mark.parametrize(('bigendian', 'order'), [(0, '<'), (1, '>')])
def test_float_metres_lose_what_is_not_finite_and_positive(bigendian: int, order: str) -> None:
    stored = np.array([[1.5, np.nan, np.inf], [-1.0, 0.0, 2.0]], order + 'f4')
    depth_m = depth_from_message(raw(stored, '32FC1', padding=1, bigendian=bigendian))
    nan = np.nan
    np.testing.assert_array_equal(depth_m, np.array([[1.5, nan, nan], [nan, nan, 2]], 'f4'))


def test_float_metres_that_are_all_known_are_not_copied() -> None:
    message = raw(np.ones((3, 4), np.float32), '32FC1')
    depth_m = depth_from_message(message)
    assert np.shares_memory(depth_m, np.frombuffer(message.data, np.uint8))


@pytest.mark.parametrize('encoding', ['32FC1', 'yuv422', 'bayer_rggb8', 'rgb16', '', 'RGB8'])
def test_an_unknown_colour_encoding_is_told_with_the_known_ones(encoding: str) -> None:
    with pytest.raises(UnknownEncodingError, match=r'rgb8, bgr8') as raised:
        rgb_from_message(raw(RGB, encoding))
    assert raised.value.reason is ObservationReason.UNKNOWN_ENCODING
    assert repr(encoding) in str(raised.value)


def test_colour_on_the_depth_topic_is_told_with_the_known_depth_encodings() -> None:
    with pytest.raises(UnknownEncodingError, match=r"16UC1, mono16, 32FC1, got encoding 'rgb8'"):
        depth_from_message(raw(RGB, 'rgb8'))


@pytest.mark.parametrize(
    'change',
    [
        {'height': 0},
        {'width': 0},
        {'height': 2**32 - 1, 'step': 2**32 - 1},
        {'width': 2**32 - 1},
        {'height': 9000, 'width': 9000, 'step': 27000},
        {'step': 0},
        {'step': 14},
        {'data': array.array('B')},
        {'data': array.array('B', bytes(6 * 15 - 1))},
        {'height': 7},
    ],
)
def test_a_raw_message_without_its_pixels_is_an_empty_image(change: dict[str, Any]) -> None:
    message = SimpleNamespace(**{**vars(raw(RGB, 'rgb8')), **change})
    with pytest.raises(EmptyImageError) as raised:
        rgb_from_message(message)
    assert raised.value.reason is ObservationReason.EMPTY_IMAGE


@pytest.mark.parametrize('name', ['jpeg', 'rgb8; jpeg compressed bgr8'])
def test_a_jpeg_is_decoded_to_rgb(name: str) -> None:
    red = np.zeros((16, 24, 3), np.uint8)
    red[..., 0] = 250
    rgb = rgb_from_message(compressed(encoded(red[..., ::-1], '.jpg'), name))
    assert rgb.shape == (16, 24, 3)
    assert np.abs(rgb.astype(int) - red).max() <= 4


@pytest.mark.parametrize(
    ('stored', 'name'),
    [
        (RGB[..., ::-1], 'png'),
        (RGB[..., ::-1], 'rgb8; png compressed bgr8'),
        (RGB, 'rgb8; png compressed rgb8'),
    ],
)
def test_a_png_is_decoded_to_rgb_in_the_order_its_publisher_used(
    stored: np.ndarray, name: str
) -> None:
    np.testing.assert_array_equal(rgb_from_message(compressed(encoded(stored), name)), RGB)


def test_a_turned_jpeg_keeps_the_pixels_that_the_calibration_is_for() -> None:
    jpeg = encoded(np.zeros((8, 16, 3), np.uint8), '.jpg')
    # EXIF orientation 6: to be shown turned by a quarter.
    tiff = b'II*\0' + struct.pack('<IHHHIHHI', 8, 1, 0x0112, 3, 1, 6, 0, 0)
    segment = b'Exif\0\0' + tiff
    turned = jpeg[:2] + b'\xff\xe1' + struct.pack('>H', len(segment) + 2) + segment + jpeg[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape[:2] == (16, 8)
    assert rgb_from_message(compressed(turned, 'jpeg')).shape[:2] == (8, 16)


def depth_header(a: float = 0.0, b: float = 0.0) -> bytes:
    """Return the header of a compressedDepth message."""
    return struct.pack('<iff', 0, a, b)


@pytest.mark.parametrize(
    ('name', 'start'),
    [
        ('16UC1; compressedDepth png', depth_header()),
        ('16UC1; compressedDepth', depth_header()),
        ('16UC1', depth_header()),
        ('png', b''),
        ('16UC1; png compressed ', b''),
    ],
)
def test_compressed_millimetres_become_metres(name: str, start: bytes) -> None:
    png = encoded(np.array([[0, 1500], [65535, 2]], np.uint16))
    depth_m = depth_from_message(compressed(start + png, name))
    np.testing.assert_allclose(depth_m, [[np.nan, 1.5], [np.nan, 0.002]], rtol=1e-6)


def test_quantised_inverse_depth_becomes_metres() -> None:
    quantum, furthest_m = 100.0, 10.0
    a = quantum * (quantum + 1.0)
    b = 1.0 - a / furthest_m
    true_m = RANDOM.uniform(0.5, 9.9, (20, 30))
    stored = (a / true_m + b).astype(np.uint16)
    stored[0, 0] = 0
    message = compressed(depth_header(a, b) + encoded(stored), '32FC1; compressedDepth png')
    depth_m = depth_from_message(message)
    assert np.isnan(depth_m[0, 0])
    error = np.abs(depth_m - true_m).ravel()[1:]
    assert (error <= true_m.ravel()[1:] ** 2 / a * 1.01 + 1e-6).all()


@pytest.mark.parametrize(
    ('name', 'data'),
    [
        ('16UC1; compressedDepth rvl', depth_header() + bytes(50)),
        ('64FC1; compressedDepth png', depth_header() + encoded(np.ones((2, 2), np.uint16))),
        ('16UC1; compressedDepth png', depth_header() + encoded(np.ones((2, 2), np.uint8))),
        ('16UC1; compressedDepth png', depth_header() + encoded(RGB)),
        ('jpeg', encoded(RGB, '.jpg')),
    ],
)
def test_depth_that_is_not_read_is_told_with_what_is(name: str, data: bytes) -> None:
    with pytest.raises(UnknownEncodingError, match='compressedDepth png'):
        depth_from_message(compressed(data, name))


@pytest.mark.parametrize(('a', 'b'), [(0.0, 0.0), (-1.0, 0.0), (np.nan, 0.0), (1.0, np.inf)])
def test_inverse_depth_with_senseless_parameters_is_refused(a: float, b: float) -> None:
    data = depth_header(a, b) + encoded(np.ones((2, 2), np.uint16))
    with pytest.raises(EmptyImageError, match='A above 0'):
        depth_from_message(compressed(data, '32FC1; compressedDepth png'))


def bombs() -> list[bytes]:
    """Return small files that claim to be huge."""
    jpeg = bytearray(encoded(np.zeros((8, 8, 3), np.uint8), '.jpg'))
    at = jpeg.index(b'\xff\xc0')
    jpeg[at + 5 : at + 9] = struct.pack('>HH', 65500, 65500)
    png = bytearray(encoded(np.zeros((8, 8), np.uint16)))
    png[16:24] = struct.pack('>II', 2**31 - 1, 2**31 - 1)
    return [bytes(jpeg), bytes(png)]


@pytest.mark.parametrize('bomb', bombs())
def test_a_small_file_that_claims_a_huge_picture_is_refused_before_decoding(
    bomb: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: object) -> None:
        pytest.fail('it was decoded')

    monkeypatch.setattr(cv2, 'imdecode', decode)
    with pytest.raises(EmptyImageError, match=str(raw_images.MAXIMUM_PIXELS)):
        rgb_from_message(compressed(bomb, 'jpeg'))


def test_damaged_files_end_in_a_typed_error_or_a_picture() -> None:
    files = [encoded(RGB, '.jpg'), encoded(RGB), encoded(RGB[..., 0].astype(np.uint16))]
    refused = 0
    for round_ in range(300):
        data = bytearray(files[round_ % 3])
        for at in RANDOM.integers(0, len(data), RANDOM.integers(1, 8)):
            data[at] = RANDOM.integers(0, 256)
        cut = bytes(data[: RANDOM.integers(0, len(data) + 1)])
        for read, start in ((rgb_from_message, b''), (depth_from_message, depth_header(1, 1))):
            try:
                read(compressed(start + cut, '32FC1; compressedDepth png' if start else 'png'))
            except ImageError:
                refused += 1
    assert refused > 100


@pytest.mark.parametrize('data', [b'', b'\xff\xd8\xff', b'GIF89a' + bytes(30), bytes(100)])
def test_rubbish_is_a_typed_error(data: bytes) -> None:
    with pytest.raises(ImageError):
        rgb_from_message(compressed(data, 'jpeg'))
    with pytest.raises(ImageError):
        depth_from_message(compressed(data, '16UC1; compressedDepth png'))


@pytest.mark.parametrize('share', [0.3, 0.6, 0.99])
@pytest.mark.parametrize('thumbnail', [False, True])
def test_a_jpeg_that_was_cut_short_is_no_picture(share: float, thumbnail: bool) -> None:
    jpeg = encoded(RANDOM.integers(0, 255, (64, 64, 3), dtype=np.uint8), '.jpg')
    if thumbnail:
        # A small picture within the header has an end of its own.
        small = b'Exif\0\0' + encoded(RGB, '.jpg')
        jpeg = jpeg[:2] + b'\xff\xe1' + struct.pack('>H', len(small) + 2) + small + jpeg[2:]
    assert rgb_from_message(compressed(jpeg, 'jpeg')).shape == (64, 64, 3)
    assert rgb_from_message(compressed(jpeg + b'\0' * 9, 'jpeg')).shape == (64, 64, 3)
    start = jpeg.rindex(b'\xff\xda') + 20
    cut = jpeg[: start + int(share * (len(jpeg) - start))]
    with pytest.raises(EmptyImageError):
        rgb_from_message(compressed(cut, 'jpeg'))


@pytest.mark.parametrize(
    ('said', 'depth'),
    [
        ({'encoding': '16UC1'}, True),
        ({'encoding': 'mono16'}, True),
        ({'encoding': '32FC1'}, True),
        ({'format': '16UC1; compressedDepth png'}, True),
        ({'format': 'compressedDepth'}, True),
        ({'encoding': 'rgb8'}, False),
        ({'format': 'rgb8; jpeg compressed bgr8'}, False),
        ({}, False),
    ],
)
def test_depth_is_told_from_colour_by_how_it_is_stored(said: dict[str, str], depth: bool) -> None:
    assert is_depth(encoding_of(SimpleNamespace(**said))) is depth
