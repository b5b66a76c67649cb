"""Which topics of a bag are looked through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bag_writing import Written, messages_of, write_bag, written
from sensor_data import folder

from vlm_nav.bags.errors import BagError
from vlm_nav.bags.reading import open_bag
from vlm_nav.bags.topics import WITHOUT, BagTopics, WantedTopics, choose_topics

pytestmark = pytest.mark.data
COLOUR, DEPTH = '/camera/color/image_raw/compressed', '/camera/depth/image_raw'


def kitchen() -> list[Written]:
    """Return the messages of the first pictures of the kitchen."""
    return messages_of(folder('bags') / 'kitchen_rgbd')[:20]


def copied(messages: list[Written], topic: str, name: str, **header: Any) -> list[Written]:
    """Return the messages of a topic under another name, fields of their headers changed."""
    found = []
    for message in messages:
        if message.topic == topic:
            read = message.read()
            for field, value in header.items():
                setattr(read.header, field, value)
            found.append(written(name, message.received_ns, read))
    return found


def chosen(
    tmp_path: Path, messages: list[Written], wanted: WantedTopics = WantedTopics()
) -> BagTopics:
    """Return what is chosen in a bag of these messages."""
    with open_bag(write_bag(tmp_path / 'bag', messages)) as bag:
        return choose_topics(bag, wanted)


def test_types_encodings_and_frames_tell_the_topics_of_a_camera(tmp_path: Path) -> None:
    assert chosen(tmp_path, kitchen()) == BagTopics(
        colour=COLOUR,
        colour_info='/camera/color/camera_info',
        depth=DEPTH,
        depth_info='/camera/depth/camera_info',
        tf=('/tf',),
        tf_static=('/tf_static',),
    )


def test_names_mean_nothing(tmp_path: Path) -> None:
    renamed = {COLOUR: '/a', DEPTH: '/b', '/camera/color/camera_info': '/c'}
    messages = [replace(one, topic=renamed.get(one.topic, one.topic)) for one in kitchen()]
    topics = chosen(tmp_path, messages)
    assert (topics.colour, topics.depth, topics.colour_info) == ('/a', '/b', '/c')


def test_pictures_in_grey_are_taken_only_where_there_are_none_in_colour(tmp_path: Path) -> None:
    messages = kitchen()
    grey = []
    for one in copied(messages, DEPTH, '/infra/image_raw'):
        read = one.read()
        read.encoding = 'mono8'
        grey.append(written(one.topic, one.received_ns, read))
    assert chosen(tmp_path, [*grey, *messages]).colour == COLOUR
    (tmp_path / 'again').mkdir()
    without = [one for one in messages if one.topic != COLOUR]
    wanted = WantedTopics(colour_info='/camera/color/camera_info')
    assert chosen(tmp_path / 'again', [*grey, *without], wanted).colour == '/infra/image_raw'


def test_between_two_cameras_the_user_chooses(tmp_path: Path) -> None:
    messages = kitchen()
    both = [*messages, *copied(messages, COLOUR, '/rear/image_raw/compressed')]
    with pytest.raises(BagError, match=r'/camera/color.*/rear/image_raw.*--image'):
        chosen(tmp_path, both)
    with open_bag(tmp_path / 'bag') as bag:
        wanted = WantedTopics(colour='/rear/image_raw/compressed')
        assert choose_topics(bag, wanted).colour == '/rear/image_raw/compressed'


def test_of_one_picture_in_two_transports_the_raw_one_is_taken(tmp_path: Path) -> None:
    messages = kitchen()
    stem = '/camera/color/image_raw'
    both = [*messages, *copied(messages, COLOUR, stem)]
    assert chosen(tmp_path, both).colour == stem


def test_depth_in_the_frame_of_the_picture_is_preferred(tmp_path: Path) -> None:
    messages = kitchen()
    aligned = copied(messages, DEPTH, '/aligned/image_raw', frame_id='camera_color_optical_frame')
    colour_frame = next(one for one in messages if one.topic == COLOUR).read().header.frame_id
    assert colour_frame == 'camera_color_optical_frame'
    assert chosen(tmp_path, [*messages, *aligned]).depth == '/aligned/image_raw'


def test_of_two_calibrations_in_a_frame_the_one_with_the_nearer_name_is_taken(
    tmp_path: Path,
) -> None:
    messages = kitchen()
    info = '/camera/color/camera_info'
    both = [*copied(messages, info, '/aligned/depth/camera_info'), *messages]
    assert chosen(tmp_path, both).colour_info == info


def test_costmaps_are_taken_and_maps_are_not(tmp_path: Path) -> None:
    grids = [
        one
        for one in messages_of(folder('nav2_session'))
        if one.kind == 'nav_msgs/msg/OccupancyGrid'
    ]
    messages = [*kitchen(), *grids]
    costmaps = ('/global_costmap/costmap', '/local_costmap/costmap')
    assert chosen(tmp_path, messages).costmaps == costmaps
    with open_bag(tmp_path / 'bag') as bag:
        assert choose_topics(bag, WantedTopics(costmaps=('/map',))).costmaps == ('/map',)
        assert choose_topics(bag, WantedTopics(costmaps=(WITHOUT,))).costmaps == ()


def test_depth_may_be_done_without(tmp_path: Path) -> None:
    messages = kitchen()
    without = [one for one in messages if '/depth/' not in one.topic]
    assert chosen(tmp_path, without).depth is None
    (tmp_path / 'again').mkdir()
    assert chosen(tmp_path / 'again', messages, WantedTopics(depth=WITHOUT)).depth is None


@pytest.mark.parametrize(
    ('wanted', 'words'),
    [
        (WantedTopics(colour='/nope'), "'/nope'.*has /camera/color"),
        (WantedTopics(colour='/tf'), "'/tf'.*sensor_msgs/msg/Image"),
        (WantedTopics(depth='/nope'), "'/nope'"),
        (WantedTopics(costmaps=('/nope',)), "'/nope'.*the bag has none"),
    ],
)
def test_a_topic_that_is_not_there_is_refused_with_those_that_are(
    tmp_path: Path, wanted: WantedTopics, words: str
) -> None:
    with pytest.raises(BagError, match=words):
        chosen(tmp_path, kitchen(), wanted)


def test_a_bag_without_pictures_or_their_calibration_says_what_it_has(tmp_path: Path) -> None:
    with (
        pytest.raises(BagError, match=r'colour pictures.*/cmd_vel'),
        open_bag(folder('nav2_session')) as bag,
    ):
        choose_topics(bag)
    without = [one for one in kitchen() if one.topic != '/camera/color/camera_info']
    with pytest.raises(BagError, match=r'CameraInfo in frame .*color.* has /camera/depth'):
        chosen(tmp_path, without)
