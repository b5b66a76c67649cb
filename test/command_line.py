"""Runs the command line, in this process and as one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from vlm_nav.cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command said, and its status."""

    status: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[Any]:
        """Return the lines of standard output, each of which is JSON."""
        return [json.loads(line) for line in self.stdout.splitlines()]


Command = Callable[..., Said]


def in_this_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return the command line on a narrow terminal."""
    monkeypatch.setenv('COLUMNS', '40')
    for name in ('OPENAI_BASE_URL', 'OPENAI_MODEL', 'OPENAI_API_KEY'):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, 'argv', ['vlm-nav', *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Said(int(ended.value.code or 0), *capsys.readouterr())

    return run


def as_process(*arguments: str | Path, timeout_s: float = 100.0) -> Said:
    """Return what the installed console script says; skip where it is not installed."""
    command = Path(sys.executable).with_name('vlm-nav')
    if not os.access(command, os.X_OK):
        pytest.skip(f'{command} is not installed')
    done = subprocess.run(
        [command, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    return Said(done.returncode, done.stdout, done.stderr)
