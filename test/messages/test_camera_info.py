"""CameraInfo messages as cameras."""

from types import SimpleNamespace
from typing import Any

import pytest

from vlm_nav.geometry.errors import CalibrationError
from vlm_nav.messages.camera_info import camera_from_info, require_picture_size

K = [500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0]
P = [480.0, 0.0, 321.0, 0.0, 0.0, 490.0, 241.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def info(**changes: Any) -> Any:
    """Return a calibrated CameraInfo of 640 x 480 pixels, changed as told."""
    whole = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0)
    fields = {
        'width': 640,
        'height': 480,
        'distortion_model': 'plumb_bob',
        'd': [0.1, -0.2, 0.001, 0.002, 0.0],
        'k': K,
        'p': P,
        'binning_x': 0,
        'binning_y': 0,
        'roi': whole,
    }
    return SimpleNamespace(**{**fields, **changes})


def test_k_and_d_describe_the_raw_picture() -> None:
    camera = camera_from_info(info())
    assert (camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px) == (500, 510, 320, 240)
    assert camera.distortion == (0.1, -0.2, 0.001, 0.002, 0.0)


def test_p_alone_describes_the_rectified_picture() -> None:
    camera = camera_from_info(info(distortion_model='equidistant'), rectified=True)
    assert (camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px) == (480, 490, 321, 241)
    assert camera.distortion == ()


def test_region_and_binning_describe_the_picture_that_is_delivered() -> None:
    roi = SimpleNamespace(x_offset=20, y_offset=40, width=320, height=240)
    camera = camera_from_info(info(roi=roi, binning_x=2, binning_y=2))
    assert (camera.width_px, camera.height_px) == (160, 120)
    assert (camera.fx_px, camera.cx_px, camera.cy_px) == (250, 150, 100)


@pytest.mark.parametrize(
    ('changes', 'rectified'),
    [
        ({'k': [0.0] * 9}, False),
        ({'p': [0.0] * 12}, True),
        ({'p': [1.0]}, True),
        ({'k': [float('nan')] * 9}, False),
        ({'distortion_model': 'equidistant'}, False),
        ({'width': 0}, False),
    ],
)
def test_what_describes_no_camera_is_a_calibration_error(
    changes: dict[str, Any], rectified: bool
) -> None:
    with pytest.raises(CalibrationError):
        camera_from_info(info(**changes), rectified=rectified)


def test_a_picture_of_another_size_than_its_calibration_is_told() -> None:
    camera = camera_from_info(info())
    require_picture_size(camera, 640, 480)
    with pytest.raises(CalibrationError, match='640 x 480 pixels, the picture has 320 x 240'):
        require_picture_size(camera, 320, 240)


@pytest.mark.ros
def test_a_real_message_is_read() -> None:
    pytest.importorskip('rclpy')
    from sensor_msgs.msg import CameraInfo

    message = CameraInfo(width=640, height=480, k=K, d=[], distortion_model='')
    assert camera_from_info(message).distortion == ()
    with pytest.raises(CalibrationError, match='zero'):
        camera_from_info(CameraInfo(width=640, height=480))
