"""What a rosbag2 holds, picture by picture: all messages of one moment, every field kept."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rclpy.serialization import deserialize_message

from vlm_nav.core.errors import InvalidValueError, VlmNavError
from vlm_nav.messages.images import encoding_of, is_depth
from vlm_nav.messages.stamps import NS_IN_S, stamp_ns_of

_TF_STATIC = '/tf_static'
# Numbers of pictures count at the rate of the camera, also where the bag leaves some out.
_FRAMES_PER_S = 30


class RecordingError(VlmNavError):
    """A bag that cannot be read or holds no picture."""


@dataclass(frozen=True, eq=False)
class RawMessage:
    """A message as it lies in the bag: its topic, stamp and serialised bytes."""

    topic: str
    kind: type
    stamp_ns: int
    data: bytes

    def read(self) -> Any:
        """Return a new message with every field."""
        return deserialize_message(self.data, self.kind)


@dataclass(frozen=True, eq=False)
class Moment:
    """One picture's messages, one for each topic, and the transforms nearest to them."""

    messages: tuple[RawMessage, ...]
    transforms: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Recording:
    """A bag in memory. `pictures` maps the numbers of the colour pictures to their stamps."""

    start_ns: int
    pictures: dict[int, int]
    messages: dict[str, list[RawMessage]]
    dynamic: tuple[Any, ...]
    static: tuple[Any, ...]

    def moment(self, frame: int) -> Moment:
        """Return what belongs to a picture; raises InvalidValueError naming those there are."""
        if frame not in self.pictures:
            known = ', '.join(map(str, self.pictures))
            raise InvalidValueError(
                f'a picture of the bag was wanted, got {frame}; there are {known}'
            )
        stamp_ns = self.pictures[frame]
        messages = (
            min(listed, key=lambda message: abs(message.stamp_ns - stamp_ns))
            for listed in self.messages.values()
        )
        nearest: dict[str, Any] = {}
        for transform in sorted(self.dynamic, key=lambda one: -abs(_stamp_ns(one) - stamp_ns)):
            nearest[transform.child_frame_id] = transform
        return Moment(tuple(messages), tuple(nearest.values()))

    def without_frame(self, frame_id: str) -> Recording:
        """Return the recording of a robot whose tf has no such frame at its root."""
        kept = [
            tuple(one for one in transforms if one.header.frame_id != frame_id)
            for transforms in (self.dynamic, self.static)
        ]
        return replace(self, dynamic=kept[0], static=kept[1])


def read_recording(folder: Path) -> Recording:
    """Return the rosbag2 in a folder; raises RecordingError where there is no picture in it."""
    raw = _raw_messages(folder)
    transforms = [message for message in raw if message.kind.__name__ == 'TFMessage']
    static = [message for message in transforms if message.topic == _TF_STATIC]
    dynamic = [message for message in transforms if message.topic != _TF_STATIC]
    messages: dict[str, list[RawMessage]] = {}
    for message in raw:
        if message not in transforms and hasattr(message.kind, 'header'):
            messages.setdefault(message.topic, []).append(message)
    colour = _colour_topic(folder, messages)
    start_ns = min(message.stamp_ns for message in raw)
    pictures = {
        round((message.stamp_ns - start_ns) * _FRAMES_PER_S / NS_IN_S): message.stamp_ns
        for message in messages[colour]
    }
    return Recording(start_ns, pictures, messages, _transforms(dynamic), _transforms(static))


def _raw_messages(folder: Path) -> list[RawMessage]:
    try:
        from rosbags.highlevel import AnyReader, AnyReaderError
    except ModuleNotFoundError:
        raise RecordingError(
            'reading a bag wants the package rosbags: pip install rosbags'
        ) from None
    try:
        with AnyReader([folder]) as reader:
            return [
                RawMessage(
                    connection.topic, _message_class(connection.msgtype), stamp, bytes(data)
                )
                for connection, stamp, data in reader.messages()
            ]
    except AnyReaderError as error:
        raise RecordingError(f'a rosbag2 was wanted in {folder}: {error}') from error


def _message_class(name: str) -> type:
    package, _, kind = name.split('/')
    found: type = getattr(importlib.import_module(f'{package}.msg'), kind)
    return found


def _colour_topic(folder: Path, messages: dict[str, list[RawMessage]]) -> str:
    for topic, listed in messages.items():
        is_picture = listed[0].kind.__name__ in ('Image', 'CompressedImage')
        if is_picture and not is_depth(encoding_of(listed[0].read())):
            return topic
    known = ', '.join(messages) or 'none'
    raise RecordingError(f'colour pictures were wanted in {folder}; its topics: {known}')


def _transforms(messages: list[RawMessage]) -> tuple[Any, ...]:
    return tuple(transform for message in messages for transform in message.read().transforms)


def _stamp_ns(transform: Any) -> int:
    return stamp_ns_of(transform.header.stamp)
