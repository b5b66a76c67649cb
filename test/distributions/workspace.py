"""A copy of the checkout in a workspace of its own, built by colcon over this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Workspace:
    """A folder with the checkout's files in it, from where colcon is run."""

    folder: Path

    def colcon(self, *arguments: str) -> str:
        """Run colcon and return what it said; fails with that where colcon does."""
        ended = subprocess.run(
            [sys.executable, '-m', 'colcon', *arguments],
            cwd=self.folder,
            env=colcon_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert ended.returncode == 0, f'colcon {" ".join(arguments)}:\n{ended.stdout}'
        return ended.stdout

    def sourced(self) -> dict[str, str]:
        """Return the variables of a shell that has sourced what was built."""
        said = subprocess.run(
            ['bash', '-c', '. install/local_setup.bash && env -0'],
            cwd=self.folder,
            # What colcon writes runs Python by its path, and cannot where that has a space.
            env={
                **colcon_environment(),
                'COLCON_PYTHON_EXECUTABLE': os.path.realpath(sys.executable),
            },
            stdout=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        ).stdout
        return dict(line.split('=', 1) for line in said.split('\0') if line)


def copied_checkout(folder: Path) -> Workspace:
    """Return a workspace with all files of the checkout that git does not ignore."""
    listed = subprocess.check_output(
        ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
        cwd=ROOT,
        text=True,
    )
    for name in filter(None, listed.split('\0')):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return Workspace(folder)


def colcon_environment() -> dict[str, str]:
    """Return the variables that tell colcon of the wheels, which bring no setup.bash."""
    return {
        **os.environ,
        'PATH': f'{Path(sys.prefix, "bin")}{os.pathsep}{os.environ["PATH"]}',
        'AMENT_PREFIX_PATH': sys.prefix,
        'CMAKE_PREFIX_PATH': sys.prefix,
        # As scripts/setup does: ninja comes with the environment, make may be missing.
        'CMAKE_GENERATOR': 'Ninja',
    }
