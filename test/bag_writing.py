"""Writes bags for tests: changed copies of recorded ones, and messages that a test makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from vlm_nav.bags.reading import open_bag

TYPES = get_typestore(Stores.LATEST)


@dataclass(frozen=True, eq=False)
class Written:
    """A message to be written; `data` is its serialised bytes."""

    topic: str
    kind: str
    received_ns: int
    data: bytes

    def read(self) -> Any:
        """Return the message as an object."""
        return TYPES.deserialize_cdr(self.data, self.kind)


def written(topic: str, received_ns: int, message: Any) -> Written:
    """Return an object of `TYPES` as a message to be written."""
    kind = message.__msgtype__
    return Written(topic, kind, received_ns, bytes(TYPES.serialize_cdr(message, kind)))


def messages_of(path: Path) -> list[Written]:
    """Return all messages of a bag."""
    with open_bag(path) as bag:
        return [
            Written(message.topic, message.kind, message.received_ns, bytes(message.data))
            for message in bag.messages()
        ]


def write_bag(
    folder: Path,
    messages: Iterable[Written],
    *,
    storage: StoragePlugin = StoragePlugin.MCAP,
    compression: CompressionMode = CompressionMode.NONE,
    definitions: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Write a rosbag2 into a folder that is not there yet, and return the folder.

    `definitions` has those of types that ROS 2 does not bring along.
    """
    writer = Writer(folder, version=9, storage_plugin=storage)
    writer.set_compression(compression, CompressionFormat.ZSTD)
    connections: dict[str, Any] = {}
    with writer:
        for message in messages:
            if message.topic not in connections:
                connections[message.topic] = writer.add_connection(
                    message.topic,
                    message.kind,
                    typestore=TYPES,
                    msgdef=definitions.get(message.kind),
                    rihs01='unknown' if message.kind in definitions else None,
                )
            writer.write(connections[message.topic], message.received_ns, message.data)
    return folder
