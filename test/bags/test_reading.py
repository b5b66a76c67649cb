"""Bags as their topics and messages, whatever they are stored in and whatever befell them."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest
from bag_writing import TYPES, Written, messages_of, write_bag, written
from rosbags.rosbag2 import CompressionMode, StoragePlugin
from sensor_data import folder

from vlm_nav.bags.errors import BagError, BagMessageError
from vlm_nav.bags.reading import open_bag

TEXT = TYPES.types['std_msgs/msg/String']


def texts(words: list[str], start_ns: int = 10**9) -> list[Written]:
    """Return a topic of texts, one each second."""
    return [
        written('/words', start_ns + number * 10**9, TEXT(data=word))
        for number, word in enumerate(words)
    ]


def read_texts(path: Path) -> list[str]:
    """Return the texts of a bag that has nothing else."""
    with open_bag(path) as bag:
        return [message.read().data for message in bag.messages()]


@pytest.mark.data
def test_a_bag_has_topics_with_types_and_counts() -> None:
    with open_bag(folder('bags') / 'kitchen_rgbd') as bag:
        found = {topic.name: (topic.kind, topic.count) for topic in bag.topics}
    assert found['/camera/depth/image_raw'] == ('sensor_msgs/msg/Image', 20)
    assert found['/tf_static'] == ('tf2_msgs/msg/TFMessage', 1)
    assert len(found) == 6


@pytest.mark.data
@pytest.mark.parametrize('name', ['bags/kitchen_rgbd', 'bags/watercan', 'nav2_session'])
def test_every_message_of_a_recorded_bag_is_read_in_order_of_time(name: str) -> None:
    with open_bag(folder(name)) as bag:
        messages = list(bag.messages())
        assert len(messages) == sum(topic.count for topic in bag.topics)
        received = [message.received_ns for message in messages]
        assert received == sorted(received)
        assert (received[0], received[-1] + 1) == (bag.start_ns, bag.end_ns)
        for message in messages:
            assert message.read().__msgtype__ == message.kind


@pytest.mark.data
def test_only_the_topics_that_are_wanted_are_read() -> None:
    with open_bag(folder('bags') / 'kitchen_rgbd') as bag:
        topics = {message.topic for message in bag.messages(['/tf', '/tf_static'])}
        with pytest.raises(BagError, match=r"'/nothing'.*/camera/color/camera_info"):
            bag.messages(['/nothing'])
        assert list(bag.messages([])) == []
    assert topics == {'/tf', '/tf_static'}


@pytest.mark.data
@pytest.mark.parametrize(
    ('storage', 'compression'),
    [
        (StoragePlugin.SQLITE3, CompressionMode.NONE),
        (StoragePlugin.SQLITE3, CompressionMode.FILE),
        (StoragePlugin.SQLITE3, CompressionMode.MESSAGE),
        (StoragePlugin.MCAP, CompressionMode.FILE),
        (StoragePlugin.MCAP, CompressionMode.MESSAGE),
        (StoragePlugin.MCAP, CompressionMode.STORAGE),
    ],
)
def test_the_storage_makes_no_difference(
    tmp_path: Path, storage: StoragePlugin, compression: CompressionMode
) -> None:
    recorded = messages_of(folder('bags') / 'kitchen_rgbd')
    copy = write_bag(tmp_path / 'copy', recorded, storage=storage, compression=compression)
    copied = messages_of(copy)
    assert [(one.topic, one.data) for one in copied] == [(one.topic, one.data) for one in recorded]


@pytest.mark.parametrize('storage', StoragePlugin)
def test_a_recorder_that_left_no_metadata_is_forgiven(
    tmp_path: Path, storage: StoragePlugin
) -> None:
    bag = write_bag(tmp_path / 'bag', texts(['one', 'two']), storage=storage)
    (bag / 'metadata.yaml').unlink()
    assert read_texts(bag) == ['one', 'two']
    (file,) = bag.iterdir()
    assert read_texts(file) == ['one', 'two']


def test_the_parts_of_a_split_bag_come_in_order_of_time(tmp_path: Path) -> None:
    later = write_bag(tmp_path / 'a', texts(['three', 'four'], 20 * 10**9))
    sooner = write_bag(tmp_path / 'b', texts(['one', 'two']))
    both = tmp_path / 'both'
    both.mkdir()
    for part in (*later.glob('*.mcap'), *sooner.glob('*.mcap')):
        shutil.copy(part, both)
    assert read_texts(both) == ['one', 'two', 'three', 'four']


def test_types_are_read_as_ros_distributes_them_where_the_bag_defines_none(
    tmp_path: Path,
) -> None:
    bag = write_bag(tmp_path / 'bag', texts(['one']), storage=StoragePlugin.SQLITE3)
    with sqlite3.connect(next(bag.glob('*.db3'))) as database:
        database.execute('DELETE FROM message_definitions')
    database.close()
    assert read_texts(bag) == ['one']


def test_a_type_that_nothing_defines_costs_its_own_messages_only(tmp_path: Path) -> None:
    messages = [*texts(['one']), Written('/odd', 'std_msgs/msg/Empty', 2 * 10**9, b'')]
    bag = write_bag(tmp_path / 'bag', messages, storage=StoragePlugin.SQLITE3)
    with sqlite3.connect(next(bag.glob('*.db3'))) as database:
        database.execute('DELETE FROM message_definitions')
        database.execute("UPDATE topics SET type = 'my_msgs/msg/Own' WHERE name = '/odd'")
    database.close()
    (bag / 'metadata.yaml').unlink()
    with open_bag(bag) as opened:
        text, odd = opened.messages()
        assert text.read().data == 'one'
        with pytest.raises(BagMessageError, match='my_msgs/msg/Own'):
            odd.read()


def test_a_damaged_message_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    good = texts(['one', 'two', 'three'])
    damaged = [good[0], Written('/words', good[1].kind, good[1].received_ns, b'\x00'), good[2]]
    with open_bag(write_bag(tmp_path / 'bag', damaged)) as bag:
        first, second, third = bag.messages()
        assert (first.read().data, third.read().data) == ('one', 'three')
        with pytest.raises(BagMessageError, match=r'std_msgs/msg/String'):
            second.read()


@pytest.mark.data
def test_a_damaged_part_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    recorded = messages_of(folder('bags') / 'kitchen_rgbd')
    bag = write_bag(tmp_path / 'bag', recorded, compression=CompressionMode.STORAGE)
    file = next(bag.glob('*.mcap'))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    problems: list[str] = []
    with open_bag(bag) as opened:
        left = list(opened.messages(on_problem=problems.append))
    assert len(problems) == 1
    assert 'damaged' in problems[0]
    assert len(recorded) // 2 < len(left) < len(recorded)
    assert left[-1].received_ns == recorded[-1].received_ns
    stamps = np.diff([message.received_ns for message in left])
    assert (stamps >= 0).all()


@pytest.mark.data
@pytest.mark.parametrize('share', [0.0, 0.2, 0.99])
def test_a_truncated_file_is_refused_with_what_mends_it(tmp_path: Path, share: float) -> None:
    data = (folder('bags') / 'kitchen_rgbd' / 'kitchen_rgbd.mcap').read_bytes()
    file = tmp_path / 'cut.mcap'
    file.write_bytes(data[: int(share * len(data))])
    with pytest.raises(BagError, match=r'cut\.mcap.*mcap recover'), open_bag(file):
        pass


@pytest.mark.data
def test_random_damage_never_leads_to_anything_but_a_bag_error(tmp_path: Path) -> None:
    recorded = (folder('nav2_session') / 'nav2_session.mcap').read_bytes()
    rng, file = random.Random(7), tmp_path / 'damaged.mcap'
    for _ in range(25):
        data = bytearray(recorded)
        # The index at the end, the header and the chunks are hit alike.
        for _ in range(rng.choice([1, 30])):
            at = rng.choice([rng.randrange(len(data)), len(data) - rng.randrange(1, 8000)])
            data[at] = rng.randrange(256)
        file.write_bytes(data)
        with contextlib.suppress(BagError), open_bag(file) as bag:
            for message in bag.messages():
                with contextlib.suppress(BagMessageError):
                    message.read()


def test_what_is_no_bag_is_refused_with_what_is_wanted(tmp_path: Path) -> None:
    (tmp_path / 'notes.txt').write_text('hello')
    (tmp_path / 'old.bag').write_bytes(b'#ROSBAG V2.0\n')
    (tmp_path / 'words.mcap').write_text('hello')
    (tmp_path / 'words.db3').write_text('hello')
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'odd').mkdir()
    (tmp_path / 'odd' / 'metadata.yaml').write_text('- what\n')
    expected = {
        'nowhere': 'there is no',
        'notes.txt': r'a folder, \.mcap or \.db3',
        'old.bag': 'rosbags-convert',
        'words.mcap': 'is none',
        'words.db3': 'is none',
        'empty': r'no metadata\.yaml',
        'odd': 'is none',
    }
    for name, words in expected.items():
        with pytest.raises(BagError, match=words), open_bag(tmp_path / name):
            pass


def test_without_rosbags_the_command_that_brings_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = write_bag(tmp_path / 'bag', texts(['one']))
    monkeypatch.setitem(sys.modules, 'rosbags.rosbag2', None)
    with pytest.raises(BagError, match='pip install'), open_bag(bag):
        pass
