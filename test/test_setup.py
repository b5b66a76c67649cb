"""scripts/setup tells its tools what they need, and nobody else what is secret."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / 'scripts' / '_setup.py'
INDEX = 'https://somebody:secret@packages.example.org/simple'


@pytest.fixture
def setup() -> Iterator[ModuleType]:
    """Return the module of the script."""
    specification = importlib.util.spec_from_file_location('_setup', SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    before = list(sys.path)
    # Its dataclasses look themselves up.
    sys.modules['_setup'] = module
    specification.loader.exec_module(module)
    yield module
    del sys.modules['_setup']
    sys.path[:] = before


@pytest.mark.parametrize('configured', [True, False])
def test_the_index_of_pip_reaches_uv_and_no_command_line(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, configured: bool
) -> None:
    ran: list[tuple[list[str], dict[str, str]]] = []

    def run(command: list[str], **options: Any) -> SimpleNamespace:
        ran.append((command, options['env']))
        return SimpleNamespace(returncode=0)

    said = f"global.index-url='{INDEX}'\n" if configured else "global.timeout='15'\n"
    monkeypatch.delenv('UV_DEFAULT_INDEX', raising=False)
    monkeypatch.setattr(setup, 'ROOT', tmp_path)
    monkeypatch.setattr(subprocess, 'check_output', lambda *_, **__: said)
    monkeypatch.setattr(subprocess, 'run', run)
    setup.install(setup.Target('jazzy'), 'wheels', 'numpy')
    by_uv = [one for one in ran if Path(one[0][0]).name == 'uv']
    assert [one[0][-1] for one in by_uv] == ['numpy']
    assert by_uv[0][1].get('UV_DEFAULT_INDEX') == (INDEX if configured else None)
    assert not any('secret' in word for command, _ in ran for word in command)
