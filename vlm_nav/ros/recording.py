"""The parameters of records, and the listener that writes them for a node."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rclpy.node import Node

from vlm_nav.core.events import Listener
from vlm_nav.navigation.decision_parameters import without_secrets
from vlm_nav.navigation.mission import new_identifier, unnamed
from vlm_nav.navigation.parameters import Parameter
from vlm_nav.records.write import RecordWriter
from vlm_nav.vlm.budget import Budget

RECORDS_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('records.folder', '~/.ros/vlm_nav', 'where decisions are kept; empty: nowhere'),
    Parameter('records.keep_last', 1000, 'how many records are kept; 0: all', 0, 10**9),
)


@dataclass(frozen=True, eq=False)
class RecordsSettings:
    """Where records are written and how many of them stay; without a folder there are none.

    `values` are the parameters in force, without secrets.
    """

    folder: Path | None
    keep_last: int | None
    values: Mapping[str, Any]

    @property
    def name_record(self) -> Callable[[], str]:
        """Return what names each record: with nothing where there are none."""
        return unnamed if self.folder is None else new_identifier

    def listeners(self, node: Node, budget: Budget) -> list[Listener]:
        """Return what writes records, if anything does."""
        if self.folder is None:
            return []
        return [
            RecordWriter(
                self.folder,
                keep_last=self.keep_last,
                parameters=self.values,
                on_problem=node.get_logger().error,
                spending=lambda: budget.mission,
            )
        ]


def records_settings(values: Mapping[str, Any]) -> RecordsSettings:
    """Return what the parameters' values amount to."""
    folder = values['records.folder']
    return RecordsSettings(
        Path(os.path.expanduser(folder)) if folder else None,
        values['records.keep_last'] or None,
        without_secrets(values),
    )
