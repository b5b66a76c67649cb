"""Commands and nodes multiply matrices on one core, unless their user wants it otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from vlm_nav.core.matrix_threads import multiply_on_one_core

VARIABLE = 'OPENBLAS_NUM_THREADS'
TELL = f'import os, sys, vlm_nav.cli; print(os.environ["{VARIABLE}"], "numpy" in sys.modules)'


def test_the_command_line_says_so_before_numpy_is_there_to_read_it() -> None:
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    told = subprocess.run(
        [sys.executable, '-c', TELL], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ['1', 'False']


def test_what_the_environment_says_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, '3')
    multiply_on_one_core()
    assert os.environ[VARIABLE] == '3'
