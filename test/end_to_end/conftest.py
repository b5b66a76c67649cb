"""The chain of processes: camera, model, Nav2 and navigator, and the person beside them."""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from one_domain import claimed_domain

# Before anything of ROS is imported: nobody else's nodes, and nobody else's network.
os.environ['ROS_DOMAIN_ID'] = claimed_domain()
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


@pytest.fixture(scope='module')
def human_node() -> Iterator[Any]:
    """Give a node that a thread spins."""
    rclpy = pytest.importorskip('rclpy')
    # The wheels' type support imports lark 0.12, which imports a module that Python gave up.
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        importlib.import_module('rosidl_generator_py')
    from rclpy.node import Node

    from vlm_nav.ros.spinning import SpinThread

    context = rclpy.Context()
    rclpy.init(context=context)
    node = Node('human', context=context)
    with SpinThread(node):
        yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


@pytest.fixture(scope='module')
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the navigator's records."""
    return tmp_path_factory.mktemp('records')
