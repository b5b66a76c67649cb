"""The map of a house goes out once, as a map server's, and late listeners get it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('skimage')

from nav_msgs.msg import OccupancyGrid
from small_house import two_rooms

from vlm_nav.core.deadline import Deadline
from vlm_nav.messages.costmaps import costmap_from_message
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.ros.map_output import MapOutput
from vlm_nav.ros.qos import LATCHED

pytestmark = pytest.mark.ros


async def test_who_comes_late_hears_what_is_free_occupied_and_unknown(
    spun: Callable[..., Any],
) -> None:
    MapOutput(spun('server', namespace='/mapped'), two_rooms()).tell(3_000_000_007)
    heard: list[OccupancyGrid] = []
    listener = spun('listener', namespace='/mapped')
    listener.create_subscription(OccupancyGrid, 'map', heard.append, LATCHED)
    deadline = Deadline.after(15.0)
    while not heard:
        assert not deadline.expired(), 'no map came'
        await asyncio.sleep(0.01)
    assert stamp_ns_of(heard[0].header.stamp) == 3_000_000_007
    grid = costmap_from_message(heard[0])
    assert grid.frame_id == 'map'
    assert list(grid.values_at([(1.0, 1.0), (4.0, 1.0), (-0.2, 2.0)])) == [0, 100, -1]
    assert set(grid.values.flat) == {-1, 0, 100}
