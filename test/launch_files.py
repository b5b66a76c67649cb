"""Launch files that tests write, and command lines that they read."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path


def written_launch_file(folder: Path, entities: str, head: str = '') -> Path:
    """Write a launch file with what it launches, and what is imported besides; return it."""
    file = folder / 'written.launch.py'
    file.write_text(
        'from launch import LaunchDescription\n'
        'from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable\n'
        'from launch.conditions import IfCondition\n'
        'from launch.substitutions import LaunchConfiguration\n'
        'from launch_ros.actions import Node\n'
        f'{textwrap.dedent(head)}\n'
        f'def generate_launch_description():\n    return LaunchDescription([{entities}])\n'
    )
    return file


def after(command: list[str], option: str) -> list[str]:
    """Return what follows each occurrence of an option."""
    return [value for name, value in itertools.pairwise(command) if name == option]
