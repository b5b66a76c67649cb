"""A rosbag2 as its topics and its messages in order of time; no ROS is needed for it.

Reads folders of `ros2 bag record` (mcap and sqlite3, compressed with zstd by file, message or
chunk, with lz4 by chunk) and single .mcap and .db3 files.
"""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from vlm_nav.bags.errors import BagError, BagMessageError, unreadable
from vlm_nav.messages.stamps import NS_IN_S, seconds

if TYPE_CHECKING:
    from rosbags.rosbag2 import Reader

    from vlm_nav.bags.definitions import Definitions

INSTALL = "pip install 'rosbags>=0.11'"

_STORAGES = ('.mcap', '.db3')
# Behind damage the bag is read on in pieces of this length, longer ones where its end is far.
_PIECE_NS = NS_IN_S // 2
_MOST_PIECES = 10_000

OnProblem: TypeAlias = Callable[[str], None]
"""Gets in words what of a bag cannot be read and is passed over."""


@dataclass(frozen=True)
class Topic:
    """A topic of a bag: its name, its messages' type (`sensor_msgs/msg/Image`), their number."""

    name: str
    kind: str
    count: int


@dataclass(frozen=True, eq=False)
class BagMessage:
    """A message as it lies in the bag; `received_ns` is when it was recorded."""

    topic: str
    kind: str
    received_ns: int
    data: bytes
    definitions: Definitions

    def read(self) -> Any:
        """Return an object with the message's fields, arrays as numpy arrays.

        Raises BagMessageError where the bytes hold none.
        """
        return self.definitions.read(self.kind, self.data)


def readable(message: BagMessage, on_problem: OnProblem) -> Any:
    """Return what the message holds, None where it is damaged, which is told."""
    try:
        return message.read()
    except BagMessageError as error:
        on_problem(f'{message.topic} at {seconds(message.received_ns)}: {error}')
        return None


def _silent(problem: str) -> None:
    """Pass over what is told."""


class Bag:
    """An open bag; to be had from `open_bag`."""

    def __init__(self, path: Path, readers: Collection[Reader], definitions: Definitions) -> None:
        """Read what the readers, which are open, have."""
        self.path = path
        self._readers = readers
        self._definitions = definitions
        self.topics = _topics(readers)

    @property
    def start_ns(self) -> int:
        """When the first message was recorded; 0 in an empty bag."""
        return min((reader.start_time for reader in self._filled), default=0)

    @property
    def end_ns(self) -> int:
        """Just after the last message was recorded; 0 in an empty bag."""
        return max((reader.end_time for reader in self._filled), default=0)

    def messages(
        self, topics: Collection[str] | None = None, on_problem: OnProblem = _silent
    ) -> Iterator[BagMessage]:
        """Return the messages of the topics (None: of all) in the order of their recording.

        A damaged part of the bag is passed over and told to `on_problem`. Raises BagError for a
        topic that the bag does not have.
        """
        self._check(topics)
        parts = (self._from_one(reader, topics, on_problem) for reader in self._filled)
        return heapq.merge(*parts, key=lambda message: message.received_ns)

    @property
    def _filled(self) -> list[Reader]:
        return [reader for reader in self._readers if reader.message_count]

    def _check(self, topics: Collection[str] | None) -> None:
        known = [topic.name for topic in self.topics]
        for name in topics or ():
            if name not in known:
                raise BagError(
                    f'topic {name!r} was wanted, {self.path} has {", ".join(known) or "none"}'
                )

    def _from_one(
        self, reader: Reader, topics: Collection[str] | None, on_problem: OnProblem
    ) -> Iterator[BagMessage]:
        reached_ns = reader.start_time
        try:
            for message in self._between(reader, topics, reached_ns, reader.end_time):
                yield message
                reached_ns = message.received_ns + 1
        except unreadable() as error:
            on_problem(f'{reader.path} is damaged near {seconds(reached_ns)}: {_words(error)}')
            yield from self._in_pieces(reader, topics, reached_ns)

    def _in_pieces(
        self, reader: Reader, topics: Collection[str] | None, from_ns: int
    ) -> Iterator[BagMessage]:
        """Yield what is left after damage: every piece that can be read as a whole."""
        piece_ns = max(_PIECE_NS, (reader.end_time - from_ns) // _MOST_PIECES)
        for start_ns in range(from_ns, reader.end_time, piece_ns):
            end_ns = min(start_ns + piece_ns, reader.end_time)
            with contextlib.suppress(*unreadable()):
                yield from list(self._between(reader, topics, start_ns, end_ns))

    def _between(
        self, reader: Reader, topics: Collection[str] | None, start_ns: int, end_ns: int
    ) -> Iterator[BagMessage]:
        wanted = [one for one in reader.connections if topics is None or one.topic in topics]
        if not wanted:
            return
        for connection, received_ns, data in reader.messages(wanted, start_ns, end_ns):
            kind = connection.msgtype
            yield BagMessage(connection.topic, kind, received_ns, data, self._definitions)


@contextlib.contextmanager
def open_bag(path: Path) -> Iterator[Bag]:
    """Open the rosbag2 in a folder, or one .mcap or .db3 file, and close it in the end.

    Raises BagError where there is none, where it is damaged or of a kind that is not read, and
    where the package rosbags is not installed.
    """
    files = _files(path)
    try:
        from rosbags.rosbag2 import Reader

        from vlm_nav.bags.definitions import Definitions
    except ImportError as error:
        raise BagError(
            f'reading a bag wants the Python package rosbags ({error}): {INSTALL}'
        ) from error
    with contextlib.ExitStack() as stack:
        readers = [_opened(stack, Reader, file) for file in files]
        connections = [one for reader in readers for one in reader.connections]
        definitions = Definitions((one.msgtype, one.msgdef) for one in connections)
        yield Bag(path, readers, definitions)


def _opened(stack: contextlib.ExitStack, reader_class: type[Reader], file: Path) -> Reader:
    try:
        return stack.enter_context(reader_class(file))
    except unreadable() as error:
        raise BagError(
            f'a rosbag2 was wanted, {file} is none: {_words(error)}{_help(file)}'
        ) from error


def _files(path: Path) -> list[Path]:
    """Return what is to be opened: a folder with metadata, or the files of a bag."""
    if not path.exists():
        raise BagError(f'a rosbag2 (a folder, .mcap or .db3) was wanted, there is no {path}')
    if path.is_file():
        return [_known_file(path)]
    if (path / 'metadata.yaml').is_file():
        return [path]
    # A recorder that was killed leaves no metadata.
    files = sorted(file for file in path.iterdir() if file.suffix in _STORAGES)
    if not files:
        raise BagError(
            f'a rosbag2 was wanted, the folder {path} has no metadata.yaml and no .mcap or .db3'
        )
    return files


def _known_file(path: Path) -> Path:
    if path.suffix in _STORAGES:
        return path
    if path.name == 'metadata.yaml':
        return path.parent
    if path.suffix == '.bag':
        raise BagError(
            f'{path} is a bag of ROS 1; rosbags-convert --src {path} --dst {path.stem} makes a '
            'rosbag2 of it'
        )
    if path.suffix == '.zstd':
        raise BagError(f'{path} is a compressed part of a bag: give its folder {path.parent}')
    raise BagError(f'a rosbag2 (a folder, .mcap or .db3) was wanted, got {path}')


def _topics(readers: Collection[Reader]) -> tuple[Topic, ...]:
    counts: dict[tuple[str, str], int] = {}
    for reader in readers:
        for one in reader.connections:
            key = (one.topic, one.msgtype)
            counts[key] = counts.get(key, 0) + one.msgcount
    return tuple(Topic(name, kind, count) for (name, kind), count in sorted(counts.items()))


def _words(error: Exception) -> str:
    return f'{error}' or type(error).__name__


def _help(file: Path) -> str:
    mcap = file.suffix == '.mcap' or (file.is_dir() and any(file.glob('*.mcap')))
    if mcap:
        return ' (where the recorder was killed, `mcap recover` mends the file)'
    return ''
