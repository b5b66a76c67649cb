"""From the bytes of messages to objects with their fields, by the definitions that a bag holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rosbags.interfaces import MessageDefinition, MessageDefinitionFormat
from rosbags.serde import SerdeError
from rosbags.typesys import (
    Stores,
    TypesysError,
    get_types_from_idl,
    get_types_from_msg,
    get_typestore,
)

from vlm_nav.bags.errors import BagMessageError

if TYPE_CHECKING:
    from rosbags.typesys.store import Typestore

_IDL_BORDER = '=' * 80 + '\n'
_IDL_HEADER = 'IDL: '
_UNREADABLE = (SerdeError, TypesysError, ArithmeticError, LookupError, TypeError, ValueError)


class Definitions:
    """How the messages of one bag are read.

    Each type has a store of its own, made when its first message is read: a definition that
    nobody can read, or that contradicts another one, costs its own type only. A type without a
    definition in the bag is read as ROS 2 distributes it.
    """

    def __init__(self, definitions: Iterable[tuple[str, MessageDefinition]]) -> None:
        """Keep the definition of each type, as it lies in the bag."""
        self._definitions = {
            kind: definition
            for kind, definition in definitions
            if definition.format is not MessageDefinitionFormat.NONE
        }
        self._stores: dict[str, Typestore] = {}
        self._common = get_typestore(Stores.LATEST)

    def read(self, kind: str, data: bytes) -> Any:
        """Return the message of type `kind` (`sensor_msgs/msg/Image`) that the bytes hold.

        Raises BagMessageError for damaged bytes and for types that nothing defines.
        """
        try:
            if kind not in self._stores:
                self._stores[kind] = self._store_for(kind)
            return self._stores[kind].deserialize_cdr(data, kind)
        except _UNREADABLE as error:
            raise BagMessageError(
                f'a {kind} was wanted, {len(data)} bytes do not hold one: {error}'
            ) from error

    def _store_for(self, kind: str) -> Typestore:
        definition = self._definitions.get(kind)
        if definition is None:
            if kind in self._common.fielddefs:
                return self._common
            raise BagMessageError(
                f'the bag does not define {kind}, and it is none of the common types of ROS 2'
            )
        store = get_typestore(Stores.EMPTY)
        if definition.format is MessageDefinitionFormat.MSG:
            store.register(get_types_from_msg(definition.data, kind))
            return store
        for text in _idl_parts(definition.data):
            store.register(get_types_from_idl(text))
        return store


def _idl_parts(text: str) -> list[str]:
    """Return the files that a definition in IDL is put together of, without their headers."""
    if not text.startswith(_IDL_BORDER + _IDL_HEADER):
        return [text]
    return [part.partition('\n')[2] for part in text.split(_IDL_BORDER)[1:]]
