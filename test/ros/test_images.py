"""Pictures as real image messages."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('rclpy')

from std_msgs.msg import Header

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.messages.images import rgb_from_message
from vlm_nav.ros.images import image_from_rgb

pytestmark = pytest.mark.ros

RGB = np.random.default_rng(7).integers(0, 255, (6, 5, 3), dtype=np.uint8)


def test_a_picture_goes_into_a_real_message_and_back() -> None:
    message = image_from_rgb(RGB[:, ::-1], Header(frame_id='camera'))
    assert (message.header.frame_id, message.step) == ('camera', 15)
    np.testing.assert_array_equal(rgb_from_message(message), RGB[:, ::-1])


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r'\(H, W, 3\) uint8'):
        image_from_rgb(RGB[..., 0], Header())
